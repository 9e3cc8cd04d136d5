"""The day since when a process is optimised: of those that are, when the state after began or, unsaid, their last change."""

from django.db import migrations, models

FROM_STATES = """
    UPDATE workflows_process AS process SET optimised_on = COALESCE(
        (SELECT since FROM workflows_processstate WHERE process_id = process.id AND which = 'after'),
        (changed_at AT TIME ZONE 'Asia/Shanghai')::date
    )
    WHERE status = 'optimised'
"""


class Migration(migrations.Migration):

    dependencies = [
        ("workflows", "0006_matter_amount"),
    ]

    operations = [
        migrations.AddField(
            model_name="process",
            name="optimised_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.RunSQL(FROM_STATES, migrations.RunSQL.noop),
    ]
