from django.db import migrations, models

# Rows were resubmitted in the order of their keys.
NUMBER = """
UPDATE his_intake_quarantinedrow q SET resubmitted_as = numbered.place
FROM (
    SELECT id, row_number() OVER (PARTITION BY resubmitted_in_id ORDER BY id) AS place
    FROM his_intake_quarantinedrow WHERE state = 'resubmitted'
) numbered
WHERE numbered.id = q.id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0005_quarantine_corrected'),
    ]

    operations = [
        migrations.AddField(
            model_name='quarantinedrow',
            name='resubmitted_as',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
    ]
