"""Trial balances of books that are kept elsewhere, with the guard of all fact tables."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.db import migrations, models

GUARD = """
CREATE TRIGGER his_intake_trialbalance_only_supersede BEFORE UPDATE ON his_intake_trialbalance
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER his_intake_trialbalance_refuse_delete BEFORE DELETE ON his_intake_trialbalance
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER his_intake_trialbalance_refuse_truncate BEFORE TRUNCATE ON his_intake_trialbalance
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER his_intake_trialbalance_only_supersede ON his_intake_trialbalance;
DROP TRIGGER his_intake_trialbalance_refuse_delete ON his_intake_trialbalance;
DROP TRIGGER his_intake_trialbalance_refuse_truncate ON his_intake_trialbalance;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0008_settled_alone'),
        ('masterdata', '0002_reopening_withdrawn'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrialBalance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('account', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('opening_debit', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('opening_credit', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('debit', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('credit', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('closing_debit', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('closing_credit', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'period', 'account'), name='fact_trial_balance_key')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
