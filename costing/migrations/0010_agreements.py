"""Agreements of the alliance and what members bear under them; neither is ever changed."""

import django.db.models.deletion
import ops_platform.orm.fields
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0009_scenarios'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('expert', '专家下沉'), ('joint_exam', '联合检查'), ('shared_centre', '共享中心'), ('three_level', '县乡村三级分担')], max_length=16)),
                ('effective_from', models.DateField()),
                ('ended', models.BooleanField(default=False)),
                ('by_full_cost', models.BooleanField(default=False)),
                ('fee_classes', models.JSONField(default=list)),
                ('items', models.JSONField(default=list)),
                ('source_mark', models.CharField(choices=[('seed', '文件依据'), ('web', '公开网页'), ('recall', '待核对'), ('default', '系统默认')], max_length=10)),
                ('source_text', models.CharField(max_length=300)),
                ('changed_by', models.CharField(max_length=150)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
            ],
            options={
                'ordering': ['code', '-effective_from'],
            },
        ),
        migrations.CreateModel(
            name='AgreementProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('effective_from', models.DateField()),
                ('terms', models.JSONField()),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('asked', '审批中'), ('in_force', '已同意'), ('refused', '未同意')], default='asked', max_length=8)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AgreementRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_kind', models.CharField(max_length=16)),
                ('unit_cost', models.DecimalField(decimal_places=6, max_digits=18)),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='costing.agreement')),
            ],
            options={
                'ordering': ['agreement', 'service_kind'],
            },
        ),
        migrations.CreateModel(
            name='AgreementShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('provider', '提供方'), ('receiver', '接受方'), ('pool', '医联体统筹'), ('county', '县级'), ('township', '乡级'), ('village', '村级'), ('base', '基层检查'), ('upper', '上级诊断')], max_length=12)),
                ('share', models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=9)),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='costing.agreement')),
                ('institution', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['agreement', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SettlementBasis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('what', models.CharField(choices=[('services', '服务成本'), ('exam_income', '基层检查收入'), ('diagnosis_income', '上级诊断收入'), ('full_cost', '中心全成本')], max_length=20)),
                ('volume', models.DecimalField(decimal_places=4, max_digits=18)),
                ('rows', models.PositiveIntegerField()),
                ('amount', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('cost_run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.costrun')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('provider_department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('receiver', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('receiver_department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
            ],
            options={
                'ordering': ['run', 'number'],
            },
        ),
        migrations.CreateModel(
            name='SettlementRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('version', models.PositiveIntegerField()),
                ('is_current', models.BooleanField(default=True)),
                ('restatement', models.BooleanField(default=False)),
                ('input_digest', models.CharField(max_length=64)),
                ('inputs', models.JSONField(default=dict)),
                ('engine_version', models.CharField(max_length=20)),
                ('findings', models.JSONField(default=list)),
                ('total', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('dealings', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('actor', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField()),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.agreement')),
            ],
            options={
                'ordering': ['-period', 'code', '-version'],
            },
        ),
        migrations.CreateModel(
            name='SettlementPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('provider', '提供方'), ('receiver', '接受方'), ('pool', '医联体统筹'), ('county', '县级'), ('township', '乡级'), ('village', '村级'), ('base', '基层检查'), ('upper', '上级诊断')], max_length=12)),
                ('share', models.DecimalField(decimal_places=6, max_digits=9)),
                ('amount', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('basis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='costing.settlementbasis')),
                ('bearer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('payee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='costing.settlementrun')),
            ],
            options={
                'ordering': ['run', 'basis', 'id'],
            },
        ),
        migrations.AddField(
            model_name='settlementbasis',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bases', to='costing.settlementrun'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.UniqueConstraint(fields=('code', 'effective_from'), name='agreement_one_a_day'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__day', 1)), name='agreement_begins_a_month'),
        ),
        migrations.AddConstraint(
            model_name='agreementproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('code', 'effective_from'), name='agreement_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='agreementrate',
            constraint=models.UniqueConstraint(fields=('agreement', 'service_kind'), name='agreement_rate_unique'),
        ),
        migrations.AddConstraint(
            model_name='agreementrate',
            constraint=models.CheckConstraint(condition=models.Q(('unit_cost__gte', 0)), name='agreement_rate_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='agreementshare',
            constraint=models.UniqueConstraint(fields=('agreement', 'role', 'institution'), name='agreement_share_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='agreementshare',
            constraint=models.CheckConstraint(condition=models.Q(('share__gte', 0), ('share__lte', 1)), name='agreement_share_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='settlementrun',
            constraint=models.UniqueConstraint(fields=('code', 'period', 'version'), name='settlement_run_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='settlementrun',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('code', 'period'), name='settlement_run_one_current'),
        ),
        migrations.AddConstraint(
            model_name='settlementpart',
            constraint=models.UniqueConstraint(fields=('basis', 'role', 'bearer'), name='settlement_part_unique'),
        ),
        migrations.AddConstraint(
            model_name='settlementbasis',
            constraint=models.UniqueConstraint(fields=('run', 'number'), name='settlement_basis_unique'),
        ),
        *(
            RefuseChange(f"costing_{name}")
            for name in ("agreement", "agreementshare", "agreementrate", "settlementbasis", "settlementpart")
        ),
    ]
