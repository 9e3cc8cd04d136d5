"""What the fund owes of a case and pays on its bill; our grouping beside the insurer's, as a view."""

import ops_platform.orm.fields
from django.db import migrations, models

# Filters on institution, month or department reach into both halves, so that a month is read by its indexes.
VIEW = """
CREATE VIEW insurance_settlement_groupcomparison AS
SELECT both_sides.*,
    CASE
        WHEN NOT told THEN 'untold'
        WHEN seen AND (drg = their_drg OR (NOT grouped AND NOT their_grouped))
            THEN CASE WHEN payment <> their_payment THEN 'price' ELSE 'same' END
        WHEN grouped AND their_grouped THEN 'differs'
        WHEN grouped THEN 'theirs_none'
        ELSE 'ours_none'
    END AS kind,
    worth - their_worth AS worth_difference,
    payment - their_payment AS payment_difference,
    abs(payment - their_payment) AS at_stake
FROM (
    SELECT c.id, r.institution_id, r.period, c.department_id, c.id AS case_id, c.encounter, c.encounter_no, c.discharged,
        c.scheme, c.drg, coalesce(c.points, c.weight) AS worth, c.payment, true AS seen, c.status = 'SUCCESS' AS grouped,
        g.id IS NOT NULL AS told, coalesce(g.drg NOT IN ('0000', '') AND right(g.drg, 2) <> 'QY', false) AS their_grouped,
        coalesce(g.drg, '') AS their_drg, coalesce(g.points, g.weight) AS their_worth, g.payment AS their_payment,
        g.told_on, coalesce(g.scheme_version, '') AS scheme_version, coalesce(g.reason, '') AS reason
    FROM insurance_settlement_caseresult c
    JOIN insurance_settlement_groupingrun r ON r.id = c.run_id AND r.is_current
    LEFT JOIN his_intake_insurergrouping g ON g.institution_id = r.institution_id AND g.encounter = c.encounter
        AND g.superseded_sequence IS NULL
    WHERE g.id IS NOT NULL OR (c.scheme <> 'self_pay' AND EXISTS (
        SELECT FROM his_intake_insurergrouping any_told WHERE any_told.institution_id = r.institution_id))
    UNION ALL
    SELECT -g.id, g.institution_id, to_char(e.discharged AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'), e.department_id, NULL,
        e.entity, e.encounter_no, e.discharged, coalesce(e.scheme, ''), '', NULL, NULL, false, false, true,
        g.drg NOT IN ('0000', '') AND right(g.drg, 2) <> 'QY', g.drg, coalesce(g.points, g.weight), g.payment, g.told_on,
        coalesce(g.scheme_version, ''), coalesce(g.reason, '')
    FROM his_intake_insurergrouping g
    JOIN his_intake_encounter e ON e.entity = g.encounter AND e.superseded_sequence IS NULL AND e.discharged IS NOT NULL
    WHERE g.superseded_sequence IS NULL AND NOT EXISTS (
        SELECT FROM insurance_settlement_caseresult c
        JOIN insurance_settlement_groupingrun r ON r.id = c.run_id AND r.is_current
        WHERE r.institution_id = g.institution_id AND c.encounter = g.encounter)
) both_sides
"""


class Migration(migrations.Migration):

    dependencies = [
        ('insurance_settlement', '0006_special_reviews'),
        ('masterdata', '0003_parameter_proposals'),
        ('his_intake', '0016_settlement_lists'),
    ]

    operations = [
        migrations.AddField(
            model_name='caseresult',
            name='billed',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='caseresult',
            name='fund',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='groupingrun',
            name='billed',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='groupingrun',
            name='fund',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='groupingrun',
            name='without_settlement',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='caseresult',
            constraint=models.CheckConstraint(condition=models.Q(('fund__isnull', True), models.Q(('billed__isnull', False), ('payment__isnull', False)), _connector='OR'), name='case_result_fund'),
        ),
        migrations.RunSQL(VIEW, "DROP VIEW insurance_settlement_groupcomparison"),
        migrations.CreateModel(
            name='GroupComparison',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('encounter', models.BigIntegerField()),
                ('encounter_no', models.CharField(max_length=60)),
                ('discharged', models.DateTimeField()),
                ('scheme', models.CharField(max_length=20)),
                ('kind', models.CharField(choices=[('differs', '病组不同'), ('ours_none', '仅医保入组'), ('theirs_none', '仅本院入组'), ('untold', '医保未反馈'), ('same', '一致')], max_length=12)),
                ('drg', models.CharField(max_length=12)),
                ('worth', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('payment', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('their_drg', models.CharField(max_length=40)),
                ('their_worth', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('their_payment', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('told_on', models.DateField(null=True)),
                ('scheme_version', models.CharField(max_length=120)),
                ('reason', models.CharField(max_length=500)),
                ('worth_difference', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('payment_difference', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('at_stake', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
            ],
            options={
                'db_table': 'insurance_settlement_groupcomparison',
                'managed': False,
            },
        ),
    ]
