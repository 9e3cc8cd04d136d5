"""What items and patients of a month cost, and by what services are divided."""

import django.db.models.deletion
import django.db.models.expressions
import ops_platform.orm.fields
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0004_driver_proposals'),
        ('masterdata', '0003_parameter_proposals'),
        ('orm', '0001_refuse_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('version', models.PositiveIntegerField()),
                ('is_current', models.BooleanField(default=True)),
                ('input_digest', models.CharField(max_length=64)),
                ('engine_version', models.CharField(max_length=20)),
                ('bases', models.JSONField(default=dict)),
                ('encounters', models.PositiveIntegerField()),
                ('full_cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('patient_cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('unassigned_cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('actor', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField()),
                ('cost_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patient_runs', to='costing.costrun')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['institution', '-period', '-version'],
            },
        ),
        migrations.CreateModel(
            name='PatientCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('personnel', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('materials', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('drugs', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('depreciation', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('amortisation', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('risk_fund', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('other', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('fiscal_project', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('research', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('encounter', models.BigIntegerField()),
                ('inpatient', models.BooleanField()),
                ('discharged', models.BooleanField()),
                ('days', models.PositiveIntegerField()),
                ('income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('drug_cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('material_cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('top_down', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('cost_to_income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('department', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='costing.patientrun')),
            ],
            options={
                'ordering': ['run', 'encounter'],
            },
        ),
        migrations.CreateModel(
            name='ItemCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('personnel', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('materials', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('drugs', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('depreciation', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('amortisation', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('risk_fund', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('other', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('fiscal_project', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('research', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('weight', models.DecimalField(decimal_places=4, max_digits=24)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='costing.patientrun')),
            ],
            options={
                'ordering': ['run', 'department', 'item'],
            },
        ),
        migrations.CreateModel(
            name='UnassignedCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('personnel', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('materials', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('drugs', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('depreciation', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('amortisation', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('risk_fund', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('other', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('fiscal_project', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('research', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('reason', models.CharField(choices=[('no_services', '有成本而当月没有收费')], max_length=16)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unassigned', to='costing.patientrun')),
            ],
            options={
                'ordering': ['run', 'department'],
            },
        ),
        migrations.CreateModel(
            name='ItemBasis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(choices=[('income', '成本比例系数法(收入)'), ('minutes', '成本比例系数法(操作时间)'), ('equivalent', '成本当量法')], max_length=12)),
                ('effective_from', models.DateField()),
                ('source_text', models.CharField(max_length=300)),
                ('changed_by', models.CharField(max_length=150)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['institution', 'department', '-effective_from'],
                'constraints': [models.UniqueConstraint(fields=('institution', 'department', 'effective_from'), name='item_basis_one_a_day', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='ItemCoefficient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(choices=[('income', '成本比例系数法(收入)'), ('minutes', '成本比例系数法(操作时间)'), ('equivalent', '成本当量法')], max_length=12)),
                ('value', models.DecimalField(decimal_places=4, max_digits=14)),
                ('effective_from', models.DateField()),
                ('changed_by', models.CharField(max_length=150)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem')),
            ],
            options={
                'ordering': ['institution', 'item', '-effective_from'],
                'constraints': [models.UniqueConstraint(fields=('institution', 'department', 'item', 'method', 'effective_from'), name='item_coefficient_one_a_day', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='item_coefficient_not_negative'), models.CheckConstraint(condition=models.Q(('method', 'income'), _negated=True), name='item_coefficient_of_a_weighing_method')],
            },
        ),
        migrations.AddConstraint(
            model_name='patientrun',
            constraint=models.UniqueConstraint(fields=('institution', 'period', 'version'), name='patient_run_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='patientrun',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('institution', 'period'), name='patient_run_one_current'),
        ),
        migrations.AddConstraint(
            model_name='patientrun',
            constraint=models.CheckConstraint(condition=models.Q(('full_cost', django.db.models.expressions.CombinedExpression(models.F('patient_cost'), '+', models.F('unassigned_cost')))), name='patient_run_conserves'),
        ),
        migrations.AddIndex(
            model_name='patientcost',
            index=models.Index(fields=['run', 'department'], name='patient_cost_department'),
        ),
        migrations.AddConstraint(
            model_name='patientcost',
            constraint=models.UniqueConstraint(fields=('encounter', 'run'), name='patient_cost_unique'),
        ),
        migrations.AddConstraint(
            model_name='itemcost',
            constraint=models.UniqueConstraint(fields=('run', 'department', 'item'), name='item_cost_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='unassignedcost',
            constraint=models.UniqueConstraint(fields=('run', 'department', 'reason'), name='unassigned_cost_unique'),
        ),
        RefuseChange('costing_itemcost'),
        RefuseChange('costing_patientcost'),
        RefuseChange('costing_unassignedcost'),
        RefuseChange('costing_itembasis'),
        RefuseChange('costing_itemcoefficient'),
    ]
