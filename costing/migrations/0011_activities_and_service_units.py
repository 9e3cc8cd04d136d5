"""Activities of departments, and service units with the part of each in patients' cost; none of them is ever changed."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0010_agreements'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=60)),
            ],
            options={
                'ordering': ['basis', 'number'],
            },
        ),
        migrations.CreateModel(
            name='ActivityCost',
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
                ('volume', models.DecimalField(decimal_places=4, max_digits=24)),
            ],
            options={
                'ordering': ['run', 'activity', 'item'],
            },
        ),
        migrations.CreateModel(
            name='ActivityResource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('column', models.CharField(blank=True, default='', max_length=16)),
                ('value', models.DecimalField(decimal_places=4, max_digits=14)),
            ],
            options={
                'ordering': ['activity', 'column'],
            },
        ),
        migrations.CreateModel(
            name='ActivityUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.DecimalField(decimal_places=4, max_digits=14)),
            ],
            options={
                'ordering': ['activity', 'item'],
            },
        ),
        migrations.CreateModel(
            name='PatientUnitCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('encounter', models.BigIntegerField()),
                ('income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('base', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
            ],
            options={
                'ordering': ['unit', 'encounter'],
            },
        ),
        migrations.CreateModel(
            name='ServiceUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=24)),
                ('name', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=[('ward', '病房'), ('outpatient', '门急诊'), ('operating_room', '手术麻醉'), ('icu', '重症监护'), ('imaging', '影像'), ('laboratory', '检验'), ('pathology', '病理'), ('endoscopy', '内镜'), ('function', '功能检查'), ('dialysis', '血液净化'), ('blood', '输血'), ('pharmacy', '药学服务'), ('other', '其他'), ('drugs', '药品'), ('materials', '单独收费卫生材料'), ('department', '执行科室')], max_length=16)),
            ],
            options={
                'ordering': ['definition', 'code'],
            },
        ),
        migrations.CreateModel(
            name='ServiceUnitPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fee_class', models.CharField(blank=True, default='', max_length=24)),
            ],
            options={
                'ordering': ['unit', 'department', 'fee_class'],
            },
        ),
        migrations.CreateModel(
            name='UnitCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ward', '病房'), ('outpatient', '门急诊'), ('operating_room', '手术麻醉'), ('icu', '重症监护'), ('imaging', '影像'), ('laboratory', '检验'), ('pathology', '病理'), ('endoscopy', '内镜'), ('function', '功能检查'), ('dialysis', '血液净化'), ('blood', '输血'), ('pharmacy', '药学服务'), ('other', '其他'), ('drugs', '药品'), ('materials', '单独收费卫生材料'), ('department', '执行科室')], max_length=16)),
                ('income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('base', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('borne', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
            ],
            options={
                'ordering': ['run', 'unit', 'department', 'kind'],
            },
        ),
        migrations.CreateModel(
            name='UnitDefinition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField()),
                ('ended', models.BooleanField(default=False)),
                ('source_text', models.CharField(max_length=300)),
                ('changed_by', models.CharField(max_length=150)),
            ],
            options={
                'ordering': ['institution', '-effective_from'],
            },
        ),
        migrations.CreateModel(
            name='UnitProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField()),
                ('ended', models.BooleanField(default=False)),
                ('rows', models.JSONField(default=list)),
                ('source_text', models.CharField(max_length=300)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('asked', '审批中'), ('in_force', '已同意'), ('refused', '未同意')], default='asked', max_length=8)),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='itemcoefficient',
            name='item_coefficient_of_a_weighing_method',
        ),
        migrations.AddField(
            model_name='itembasisproposal',
            name='activities',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='patientrun',
            name='findings',
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name='itembasis',
            name='method',
            field=models.CharField(choices=[('income', '成本比例系数法(收入)'), ('minutes', '成本比例系数法(操作时间)'), ('equivalent', '成本当量法'), ('activity', '作业成本法')], max_length=12),
        ),
        migrations.AlterField(
            model_name='itembasisproposal',
            name='method',
            field=models.CharField(choices=[('income', '成本比例系数法(收入)'), ('minutes', '成本比例系数法(操作时间)'), ('equivalent', '成本当量法'), ('activity', '作业成本法')], max_length=12),
        ),
        migrations.AlterField(
            model_name='itemcoefficient',
            name='method',
            field=models.CharField(choices=[('income', '成本比例系数法(收入)'), ('minutes', '成本比例系数法(操作时间)'), ('equivalent', '成本当量法'), ('activity', '作业成本法')], max_length=12),
        ),
        migrations.AlterField(
            model_name='unassignedcost',
            name='reason',
            field=models.CharField(choices=[('no_services', '有成本而当月没有收费'), ('not_allocated', '没有分摊动因，暂未分摊'), ('idle_activity', '作业当月没有项目使用(闲置作业)')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='itembasis',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('method', 'activity'), _negated=True), ('department__isnull', False), _connector='OR'), name='item_basis_activities_of_a_department'),
        ),
        migrations.AddConstraint(
            model_name='itemcoefficient',
            constraint=models.CheckConstraint(condition=models.Q(('method__in', ('income', 'activity')), _negated=True), name='item_coefficient_of_a_weighing_method'),
        ),
        migrations.AddField(
            model_name='activity',
            name='basis',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='costing.itembasis'),
        ),
        migrations.AddField(
            model_name='activitycost',
            name='activity',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.activity'),
        ),
        migrations.AddField(
            model_name='activitycost',
            name='item',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem'),
        ),
        migrations.AddField(
            model_name='activitycost',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='costing.patientrun'),
        ),
        migrations.AddField(
            model_name='activityresource',
            name='activity',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resources', to='costing.activity'),
        ),
        migrations.AddField(
            model_name='activityuse',
            name='activity',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='costing.activity'),
        ),
        migrations.AddField(
            model_name='activityuse',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem'),
        ),
        migrations.AddField(
            model_name='serviceunitpart',
            name='department',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department'),
        ),
        migrations.AddField(
            model_name='serviceunitpart',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='costing.serviceunit'),
        ),
        migrations.AddField(
            model_name='unitcost',
            name='department',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department'),
        ),
        migrations.AddField(
            model_name='unitcost',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units', to='costing.patientrun'),
        ),
        migrations.AddField(
            model_name='unitcost',
            name='unit',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.serviceunit'),
        ),
        migrations.AddField(
            model_name='patientunitcost',
            name='unit',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='costing.unitcost'),
        ),
        migrations.AddField(
            model_name='unitdefinition',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution'),
        ),
        migrations.AddField(
            model_name='serviceunitpart',
            name='definition',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='costing.unitdefinition'),
        ),
        migrations.AddField(
            model_name='serviceunit',
            name='definition',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units', to='costing.unitdefinition'),
        ),
        migrations.AddField(
            model_name='unitproposal',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='unitproposal',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution'),
        ),
        migrations.AddConstraint(
            model_name='activity',
            constraint=models.UniqueConstraint(fields=('basis', 'number'), name='activity_number_unique'),
        ),
        migrations.AddConstraint(
            model_name='activity',
            constraint=models.UniqueConstraint(fields=('basis', 'name'), name='activity_name_unique'),
        ),
        migrations.AddConstraint(
            model_name='activitycost',
            constraint=models.UniqueConstraint(fields=('run', 'activity', 'item'), name='activity_cost_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='activityresource',
            constraint=models.UniqueConstraint(fields=('activity', 'column'), name='activity_resource_unique'),
        ),
        migrations.AddConstraint(
            model_name='activityresource',
            constraint=models.CheckConstraint(condition=models.Q(('value__gt', 0)), name='activity_resource_positive'),
        ),
        migrations.AddConstraint(
            model_name='activityuse',
            constraint=models.UniqueConstraint(fields=('activity', 'item'), name='activity_use_unique'),
        ),
        migrations.AddConstraint(
            model_name='activityuse',
            constraint=models.CheckConstraint(condition=models.Q(('value__gt', 0)), name='activity_use_positive'),
        ),
        migrations.AddConstraint(
            model_name='unitcost',
            constraint=models.UniqueConstraint(fields=('run', 'unit', 'department', 'kind'), name='unit_cost_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='patientunitcost',
            constraint=models.UniqueConstraint(fields=('encounter', 'unit'), name='patient_unit_cost_unique'),
        ),
        migrations.AddConstraint(
            model_name='unitdefinition',
            constraint=models.UniqueConstraint(fields=('institution', 'effective_from'), name='unit_definition_one_a_day'),
        ),
        migrations.AddConstraint(
            model_name='serviceunitpart',
            constraint=models.UniqueConstraint(fields=('definition', 'department', 'fee_class'), name='service_unit_part_in_one_unit'),
        ),
        migrations.AddConstraint(
            model_name='serviceunit',
            constraint=models.UniqueConstraint(fields=('definition', 'code'), name='service_unit_code_unique'),
        ),
        migrations.AddConstraint(
            model_name='serviceunit',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('drugs', 'materials', 'department')), _negated=True), name='service_unit_of_a_given_kind'),
        ),
        migrations.AddConstraint(
            model_name='unitproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('institution', 'effective_from'), name='unit_definition_asked_once'),
        ),
        *(
            RefuseChange(f"costing_{name}")
            for name in (
                "activity",
                "activityresource",
                "activityuse",
                "activitycost",
                "unitdefinition",
                "serviceunit",
                "serviceunitpart",
                "unitcost",
                "patientunitcost",
            )
        ),
    ]
