"""The parameters that decided how a cost run was computed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0007_cost_collection'),
    ]

    operations = [
        migrations.AddField(
            model_name='costrun',
            name='policies',
            field=models.JSONField(default=dict),
        ),
    ]
