"""Trials of other rules over past months."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('orm', '0001_refuse_change'),
        ('insurance_settlement', '0009_front_pages'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PricingTrial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('note', models.CharField(blank=True, default='', max_length=500)),
                ('first', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('last', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('draft', models.TextField(blank=True, default='')),
                ('overrides', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('waiting', '等待'), ('running', '试算中'), ('succeeded', '完成'), ('failed', '未完成')], default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('finished_at', models.DateTimeField(null=True)),
                ('lease_owner', models.CharField(blank=True, default='', max_length=80)),
                ('lease_until', models.DateTimeField(null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('messaged_at', models.DateTimeField(null=True)),
                ('engine_version', models.CharField(blank=True, default='', max_length=20)),
                ('input_digest', models.CharField(blank=True, default='', max_length=64)),
                ('result_digest', models.CharField(blank=True, default='', max_length=64)),
                ('error_code', models.CharField(blank=True, default='', max_length=80)),
                ('error', models.TextField(blank=True, default='')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('price_book', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.pricebook')),
                ('scheme', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.groupingscheme')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='TrialCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('drg_after', models.CharField(max_length=12)),
                ('kind_after', models.CharField(max_length=20)),
                ('payment_before', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('payment_after', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('delta', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.caseresult')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='insurance_settlement.pricingtrial')),
            ],
            options={
                'ordering': ['trial', 'case'],
            },
        ),
        migrations.CreateModel(
            name='TrialGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('drg', models.CharField(max_length=12)),
                ('drg_after', models.CharField(max_length=12)),
                ('cases', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField()),
                ('priced_before', models.PositiveIntegerField()),
                ('priced_after', models.PositiveIntegerField()),
                ('charges', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('charged_before', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('charged_after', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('payment_before', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('payment_after', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.groupingrun')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='insurance_settlement.pricingtrial')),
            ],
            options={
                'ordering': ['trial', 'run', 'department', 'drg', 'drg_after'],
            },
        ),
        migrations.CreateModel(
            name='TrialMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.groupingrun')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='months', to='insurance_settlement.pricingtrial')),
            ],
            options={
                'ordering': ['trial', 'run'],
            },
        ),
        migrations.AddConstraint(
            model_name='pricingtrial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'succeeded'), models.Q(('result_digest', ''), _negated=True)), models.Q(models.Q(('state', 'succeeded'), _negated=True), ('result_digest', '')), _connector='OR'), name='pricing_trial_result_when_done'),
        ),
        migrations.AddConstraint(
            model_name='pricingtrial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), _negated=True), models.Q(('error', ''), _negated=True), _connector='OR'), name='pricing_trial_failed_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='pricingtrial',
            constraint=models.CheckConstraint(condition=models.Q(('price_book__isnull', True), ('draft', ''), _connector='OR'), name='pricing_trial_one_book'),
        ),
        migrations.AddConstraint(
            model_name='trialcase',
            constraint=models.UniqueConstraint(fields=('trial', 'case'), name='trial_case_once'),
        ),
        migrations.AddConstraint(
            model_name='trialgroup',
            constraint=models.UniqueConstraint(fields=('trial', 'run', 'department', 'drg', 'drg_after'), name='trial_group_once'),
        ),
        migrations.AddConstraint(
            model_name='trialmonth',
            constraint=models.UniqueConstraint(fields=('trial', 'run'), name='trial_month_once'),
        ),
        RefuseChange("insurance_settlement_trialmonth"),
        RefuseChange("insurance_settlement_trialgroup"),
        RefuseChange("insurance_settlement_trialcase"),
    ]
