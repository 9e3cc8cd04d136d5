"""A stamp by which a run is known to be up to date without reading the cash of a year."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0017_export_retention'),
    ]

    operations = [
        migrations.AddField(
            model_name='consolidationrun',
            name='input_stamp',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
    ]
