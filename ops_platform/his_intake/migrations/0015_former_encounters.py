"""Former versions of an encounter are found by its lasting number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("his_intake", "0014_items_of_devices")]

    operations = [
        migrations.AddIndex(
            "encounter",
            models.Index(
                condition=models.Q(("superseded_sequence__isnull", False)),
                fields=["entity"],
                name="fact_encounter_former",
            ),
        ),
    ]
