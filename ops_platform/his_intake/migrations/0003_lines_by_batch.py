"""The batch page finds its charge lines without reading the month: BRIN, since lines lie in the order of their batches."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("his_intake", "0002_charge_lines_and_guards")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX fact_charge_line_batch ON his_intake_chargeline USING brin (batch_id)"
            " WITH (pages_per_range = 32)",
            "DROP INDEX fact_charge_line_batch",
        )
    ]
