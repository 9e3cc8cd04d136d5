"""Findings of front page checks, and what was marked as right."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('orm', '0001_refuse_change'),
        ('insurance_settlement', '0008_item_mappings'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FrontPageFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('encounter', models.BigIntegerField()),
                ('encounter_no', models.CharField(max_length=60)),
                ('abstract', models.BigIntegerField()),
                ('rule', models.CharField(max_length=40)),
                ('subject', models.CharField(blank=True, default='', max_length=200)),
                ('severity', models.CharField(choices=[('blocking', '不能入组'), ('warning', '前后矛盾'), ('info', '请核对')], max_length=8)),
                ('message', models.CharField(max_length=1000)),
                ('closing', models.CharField(blank=True, choices=[('corrected', '首页已更正'), ('replaced', '更正后仍有问题'), ('resolved', '收费或规则变化后不再成立'), ('withdrawn', '病例已不在本月')], default='', max_length=9)),
                ('closed_abstract', models.BigIntegerField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.caseresult')),
                ('closed_case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.caseresult')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['institution', '-period', 'encounter', 'id'],
            },
        ),
        migrations.CreateModel(
            name='FrontPageMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=500)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='mark', to='insurance_settlement.frontpagefinding')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='FrontPageRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('version', models.PositiveIntegerField()),
                ('is_current', models.BooleanField(default=True)),
                ('input_digest', models.CharField(max_length=64)),
                ('input_sequence', models.BigIntegerField()),
                ('rules_version', models.CharField(max_length=20)),
                ('engine_version', models.CharField(max_length=20)),
                ('abstracts', models.PositiveIntegerField()),
                ('without_findings', models.PositiveIntegerField()),
                ('findings', models.PositiveIntegerField()),
                ('actor', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField()),
                ('grouping_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.groupingrun')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['institution', '-period', '-version'],
            },
        ),
        migrations.AddField(
            model_name='frontpagefinding',
            name='closed_run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.frontpagerun'),
        ),
        migrations.AddField(
            model_name='frontpagefinding',
            name='found_run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.frontpagerun'),
        ),
        migrations.AddConstraint(
            model_name='frontpagerun',
            constraint=models.UniqueConstraint(fields=('institution', 'period', 'version'), name='front_page_run_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='frontpagerun',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('institution', 'period'), name='front_page_run_one_current'),
        ),
        migrations.AddConstraint(
            model_name='frontpagerun',
            constraint=models.CheckConstraint(condition=models.Q(('without_findings__lte', models.F('abstracts'))), name='front_page_run_clean'),
        ),
        migrations.AddIndex(
            model_name='frontpagefinding',
            index=models.Index(condition=models.Q(('closed_run', None)), fields=['institution', 'period'], name='front_page_finding_work_list'),
        ),
        migrations.AddIndex(
            model_name='frontpagefinding',
            index=models.Index(fields=['institution', 'encounter'], name='front_page_finding_stay'),
        ),
        migrations.AddConstraint(
            model_name='frontpagefinding',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_run', None)), fields=('institution', 'period', 'encounter', 'rule', 'subject'), name='front_page_finding_open_once'),
        ),
        migrations.AddConstraint(
            model_name='frontpagefinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_abstract', None), ('closed_case', None), ('closed_run', None), ('closing', '')), models.Q(('closed_run__isnull', False), models.Q(('closing', ''), _negated=True)), _connector='OR'), name='front_page_finding_closed_for_a_reason'),
        ),
        RefuseChange("insurance_settlement_frontpagemark"),
    ]
