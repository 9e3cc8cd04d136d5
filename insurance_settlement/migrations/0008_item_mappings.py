"""Classification mappings with rows, simulations, explanations and remarks."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('orm', '0001_refuse_change'),
        ('insurance_settlement', '0007_fund_and_insurer_groups'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MappingSimulation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('edition', models.PositiveIntegerField()),
                ('rows_digest', models.CharField(max_length=64)),
                ('first_period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('last_period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('input_digest', models.CharField(max_length=64)),
                ('input_sequence', models.BigIntegerField()),
                ('engine_version', models.CharField(max_length=10)),
                ('outpatient', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('inpatient', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('unmapped', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('threshold', models.DecimalField(decimal_places=8, max_digits=18)),
                ('indicators', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='MappingVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=80)),
                ('effective_from', models.DateField()),
                ('source_text', models.CharField(blank=True, default='', max_length=300)),
                ('edition', models.PositiveIntegerField(default=0)),
                ('digest', models.CharField(blank=True, default='', max_length=64)),
                ('state', models.CharField(choices=[('draft', '草稿'), ('asked', '审批中'), ('approved', '已批准'), ('archived', '已作废')], default='draft', max_length=8)),
                ('judgement', models.CharField(blank=True, default='', max_length=1000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('based_on', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.mappingversion')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('simulation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.mappingsimulation')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='mappingsimulation',
            name='before',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.mappingversion'),
        ),
        migrations.AddField(
            model_name='mappingsimulation',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='simulations', to='insurance_settlement.mappingversion'),
        ),
        migrations.CreateModel(
            name='MappingRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('edition', models.PositiveIntegerField()),
                ('line', models.PositiveIntegerField()),
                ('national_code', models.CharField(blank=True, default='', max_length=40)),
                ('national_name', models.CharField(blank=True, default='', max_length=200)),
                ('item_code', models.CharField(max_length=60)),
                ('item_name', models.CharField(blank=True, default='', max_length=200)),
                ('receipt_outpatient', models.CharField(blank=True, default='', max_length=24)),
                ('receipt_inpatient', models.CharField(blank=True, default='', max_length=24)),
                ('account_outpatient', models.CharField(blank=True, default='', max_length=24)),
                ('account_inpatient', models.CharField(blank=True, default='', max_length=24)),
                ('front_page', models.CharField(blank=True, default='', max_length=24)),
                ('origin', models.CharField(choices=[('file', '文件填写'), ('province', '省版下发'), ('suggested', '按费用类别预填')], max_length=9)),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='insurance_settlement.mappingversion')),
            ],
            options={
                'ordering': ['version', 'edition', 'line'],
            },
        ),
        migrations.CreateModel(
            name='MappingRemark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('fits', '评估：适用'), ('problem', '存在问题'), ('suggestion', '修改建议')], max_length=10)),
                ('text', models.CharField(max_length=1000)),
                ('state', models.CharField(choices=[('raised', '待答复'), ('answered', '已答复'), ('withdrawn', '已撤回')], default='raised', max_length=9)),
                ('outcome', models.CharField(blank=True, choices=[('accepted', '采纳，下一版修订'), ('explained', '已解释，维持不变'), ('declined', '不采纳')], default='', max_length=9)),
                ('answer', models.CharField(blank=True, default='', max_length=1000)),
                ('raised_at', models.DateTimeField(auto_now_add=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('raised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('row', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.mappingrow')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='insurance_settlement.mappingversion')),
            ],
            options={
                'ordering': ['-raised_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SimulatedClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dimension', models.CharField(choices=[('receipt_outpatient', '门急诊票据类别'), ('receipt_inpatient', '住院票据类别'), ('account_outpatient', '门急诊收入科目'), ('account_inpatient', '住院收入科目'), ('front_page', '病案首页费用分类')], max_length=20)),
                ('code', models.CharField(blank=True, max_length=24)),
                ('title', models.CharField(max_length=120)),
                ('before', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('after', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('needs_words', models.BooleanField()),
                ('simulation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='classes', to='insurance_settlement.mappingsimulation')),
            ],
            options={
                'ordering': ['simulation', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MappingExplanation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=500)),
                ('written_at', models.DateTimeField()),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('simulated', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='explanation', to='insurance_settlement.simulatedclass')),
            ],
            options={
                'ordering': ['simulated'],
            },
        ),
        migrations.CreateModel(
            name='SimulatedMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dimension', models.CharField(choices=[('receipt_outpatient', '门急诊票据类别'), ('receipt_inpatient', '住院票据类别'), ('account_outpatient', '门急诊收入科目'), ('account_inpatient', '住院收入科目'), ('front_page', '病案首页费用分类')], max_length=20)),
                ('item_code', models.CharField(max_length=60)),
                ('item_name', models.CharField(max_length=200)),
                ('before', models.CharField(blank=True, max_length=24)),
                ('after', models.CharField(blank=True, max_length=24)),
                ('amount', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('simulation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='insurance_settlement.mappingsimulation')),
            ],
            options={
                'ordering': ['simulation', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='mappingversion',
            constraint=models.UniqueConstraint(fields=('institution', 'number'), name='mapping_version_number', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='mappingversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('institution', 'effective_from'), name='mapping_version_one_from_a_month', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='mappingversion',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__day', 1)), name='mapping_version_begins_a_month'),
        ),
        migrations.AddConstraint(
            model_name='mappingversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', False), ('state', 'approved')), models.Q(models.Q(('state', 'approved'), _negated=True), ('approved_at__isnull', True)), _connector='OR'), name='mapping_version_approved_at'),
        ),
        migrations.AddConstraint(
            model_name='mappingsimulation',
            constraint=models.CheckConstraint(condition=models.Q(('first_period__lte', models.F('last_period'))), name='mapping_simulation_months_in_order'),
        ),
        migrations.AddConstraint(
            model_name='mappingrow',
            constraint=models.UniqueConstraint(fields=('version', 'edition', 'item_code', 'national_code'), name='mapping_row_once_an_edition'),
        ),
        migrations.AddConstraint(
            model_name='mappingremark',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('state', 'answered'), models.Q(('outcome', ''), _negated=True), models.Q(('answer', ''), _negated=True)), models.Q(models.Q(('state', 'answered'), _negated=True), ('answer', ''), ('answered_by', None), ('outcome', '')), _connector='OR'), name='mapping_remark_answered'),
        ),
        migrations.AddConstraint(
            model_name='simulatedclass',
            constraint=models.UniqueConstraint(fields=('simulation', 'dimension', 'code'), name='simulated_class_once'),
        ),
        migrations.AddConstraint(
            model_name='simulatedmove',
            constraint=models.UniqueConstraint(fields=('simulation', 'dimension', 'item_code'), name='simulated_move_once'),
        ),
        RefuseChange("insurance_settlement_mappingrow"),
        RefuseChange("insurance_settlement_mappingsimulation"),
        RefuseChange("insurance_settlement_simulatedclass"),
        RefuseChange("insurance_settlement_simulatedmove"),
    ]
