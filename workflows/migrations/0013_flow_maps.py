"""The flow map of a process before or after its improvement may be a version of an approval flow."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("workflows", "0012_setbacks"),
    ]

    operations = [
        migrations.AddField(
            model_name="processstate",
            name="flow_version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflows.flowversion",
            ),
        ),
    ]
