"""What stays are settled at, and how the insurer groups them, with the guard of all fact tables."""

import django.db.models.deletion
import django.db.models.expressions
import ops_platform.orm.fields
from django.db import migrations, models

TABLES = ("his_intake_settlementlist", "his_intake_insurergrouping")
GUARD = """
CREATE TRIGGER {table}_only_supersede BEFORE UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER {table}_only_supersede ON {table};
DROP TRIGGER {table}_refuse_delete ON {table};
DROP TRIGGER {table}_refuse_truncate ON {table};
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0015_former_encounters'),
        ('masterdata', '0003_parameter_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='InsurerGrouping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('encounter', models.BigIntegerField()),
                ('told_on', models.DateField()),
                ('scheme_version', models.CharField(max_length=120, null=True)),
                ('drg', models.CharField(max_length=40)),
                ('weight', models.DecimalField(decimal_places=8, max_digits=18, null=True)),
                ('points', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('payment', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('reason', models.CharField(max_length=500, null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'encounter'), name='fact_insurer_grouping_key'), models.CheckConstraint(condition=models.Q(('weight__isnull', True), ('points__isnull', True), _connector='OR'), name='fact_insurer_grouping_worth')],
            },
        ),
        migrations.CreateModel(
            name='SettlementList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('settle_no', models.CharField(max_length=60)),
                ('encounter', models.BigIntegerField()),
                ('settled_on', models.DateField()),
                ('total', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('self_paid', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('first_self_paid', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('deductible', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('reimbursement_ratio', models.DecimalField(decimal_places=6, max_digits=7, null=True)),
                ('fund_paid', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('other_paid', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('account_paid', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('cash_paid', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('new_technology', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('incomplete', models.CharField(max_length=1, null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['institution', 'encounter'], name='fact_settlement_encounter')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'settle_no'), name='fact_settlement_key'), models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('fund_paid'), '+', models.F('other_paid')), '+', models.F('account_paid')), '+', models.F('cash_paid')))), name='fact_settlement_payers')],
            },
        ),
        *(migrations.RunSQL(GUARD.format(table=table), UNGUARD.format(table=table)) for table in TABLES),
    ]
