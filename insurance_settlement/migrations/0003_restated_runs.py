"""A run of a month that was closed before says so, as a cost run does; earlier runs are marked, too."""

from django.db import migrations, models

MARK = """
UPDATE insurance_settlement_groupingrun r SET restatement = true
FROM masterdata_accountingperiod p JOIN masterdata_periodreopening o ON o.accounting_period_id = p.id
WHERE p.institution_id = r.institution_id AND p.period = r.period AND o.state = 'confirmed' AND o.decided_at < r.created_at
"""


class Migration(migrations.Migration):
    dependencies = [("insurance_settlement", "0002_append_only"), ("masterdata", "0001_initial")]
    operations = [
        migrations.AddField("groupingrun", "restatement", models.BooleanField(default=False)),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
