"""A request keeps what its department was when it was written: flows may branch by it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("workflows", "0013_flow_maps"),
    ]

    operations = [
        migrations.AddField(
            model_name="request",
            name="department_class",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
    ]
