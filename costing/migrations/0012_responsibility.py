"""Cost targets, deviations and what is done about them; a version of a target is never changed."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0011_activities_and_service_units'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CostTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('drug_ratio', '药占比'), ('material_ratio', '耗占比'), ('service_ratio', '医疗服务收入占比'), ('visit_cost_growth', '诊次成本同比增幅'), ('discharge_cost_growth', '出院例均成本同比增幅'), ('visit_cost', '诊次成本'), ('bed_day_cost', '床日成本'), ('full_cost', '月全成本'), ('item_cost', '成本项目月成本'), ('drg_cost', '病组例均成本')], max_length=24)),
                ('object', models.CharField(blank=True, max_length=40)),
                ('effective_from', models.DateField()),
                ('limit', models.DecimalField(decimal_places=6, max_digits=18)),
                ('standard', models.DecimalField(blank=True, decimal_places=2, max_digits=18, null=True)),
                ('ended', models.BooleanField(default=False)),
                ('source_mark', models.CharField(choices=[('seed', '文件依据'), ('web', '公开网页'), ('recall', '待核对'), ('default', '系统默认')], max_length=10)),
                ('source_text', models.CharField(max_length=300)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('responsible', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('second_specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['institution', 'department', 'metric', 'object', '-effective_from'],
            },
        ),
        migrations.CreateModel(
            name='CostDeviation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('target', '成本目标未达成'), ('item', '高成本低效益项目'), ('group', '高成本低效益病组')], max_length=8)),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('object', models.CharField(blank=True, max_length=40)),
                ('title', models.CharField(max_length=200)),
                ('limit', models.DecimalField(decimal_places=6, max_digits=18)),
                ('actual', models.DecimalField(decimal_places=6, max_digits=18)),
                ('opened_by', models.CharField(max_length=150)),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('open', '待说明'), ('submitted', '审批中'), ('acting', '整改中'), ('confirming', '待确认'), ('closed', '已关闭')], default='open', max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('plan', models.JSONField(default=list)),
                ('remark', models.CharField(blank=True, max_length=500)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('cost_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.costrun')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('explained_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('patient_run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.patientrun')),
                ('responsible', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('second_specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deviations', to='costing.costtarget')),
            ],
            options={
                'ordering': ['-period', 'institution', 'department', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CostTargetProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rows', models.JSONField()),
                ('source_mark', models.CharField(choices=[('seed', '文件依据'), ('web', '公开网页'), ('recall', '待核对'), ('default', '系统默认')], max_length=10)),
                ('source_text', models.CharField(max_length=300)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('asked', '审批中'), ('in_force', '已同意'), ('refused', '未同意')], default='asked', max_length=8)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='costtarget',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='costing.costtargetproposal'),
        ),
        migrations.CreateModel(
            name='DeviationAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('what', models.CharField(max_length=500)),
                ('due', models.DateField()),
                ('proof', models.TextField(blank=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('deviation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='costing.costdeviation')),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['deviation', 'number'],
            },
        ),
        migrations.AddConstraint(
            model_name='costdeviation',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'target')), fields=('target', 'period'), name='deviation_once_a_month_of_target'),
        ),
        migrations.AddConstraint(
            model_name='costdeviation',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'target'), _negated=True), fields=('department', 'kind', 'object', 'period'), name='deviation_once_a_month_of_object'),
        ),
        migrations.AddConstraint(
            model_name='costdeviation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'target'), ('target__isnull', False)), models.Q(models.Q(('kind', 'target'), _negated=True), ('target__isnull', True)), _connector='OR'), name='deviation_target_of_kind'),
        ),
        migrations.AddConstraint(
            model_name='costdeviation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), ('confirmed_by__isnull', False), ('confirmed_at__isnull', False)), models.Q(models.Q(('state', 'closed'), _negated=True), ('confirmed_by__isnull', True), ('confirmed_at__isnull', True)), _connector='OR'), name='deviation_closed_by_confirmation'),
        ),
        migrations.AddConstraint(
            model_name='costdeviation',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('confirmed_by', models.F('explained_by')), ('confirmed_by', models.F('responsible')), _connector='OR', _negated=True), _connector='OR'), name='deviation_confirmed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='costtarget',
            constraint=models.UniqueConstraint(fields=('institution', 'department', 'metric', 'object', 'effective_from'), name='cost_target_one_a_month', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='costtarget',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__day', 1)), name='cost_target_begins_a_month'),
        ),
        migrations.AddConstraint(
            model_name='costtarget',
            constraint=models.CheckConstraint(condition=models.Q(('metric__in', ['drg_cost', 'item_cost']), ('object', ''), _connector='XOR'), name='cost_target_object_of_metric'),
        ),
        migrations.AddConstraint(
            model_name='deviationaction',
            constraint=models.UniqueConstraint(fields=('deviation', 'number'), name='deviation_action_number'),
        ),
        migrations.AddConstraint(
            model_name='deviationaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_by__isnull', True), ('done_at__isnull', True)), models.Q(('done_by__isnull', False), ('done_at__isnull', False), models.Q(('proof', ''), _negated=True)), _connector='OR'), name='deviation_action_done_with_proof'),
        ),
        RefuseChange("costing_costtarget"),
    ]
