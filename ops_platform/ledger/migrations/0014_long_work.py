"""Long work in the background, and the files of exports."""

import django.db.models.deletion
import ops_platform.orm.fields
from ops_platform.orm.operations import RefuseChange
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0013_carried'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExportedContent',
            fields=[
                ('export', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='content', serialize=False, to='ledger.voucherexport')),
                ('deflated', models.BinaryField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Errand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('booking', '业务生成凭证'), ('preview', '凭证规则试算'), ('export', '凭证导出')], max_length=10)),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('subject', models.CharField(blank=True, default='', max_length=64)),
                ('wanted', models.JSONField(default=dict)),
                ('asked_by', models.CharField(max_length=150)),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', '等待'), ('running', '进行中'), ('succeeded', '完成'), ('failed', '未完成')], default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('lease_owner', models.CharField(blank=True, default='', max_length=80)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('messaged_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.JSONField(default=dict)),
                ('error_code', models.CharField(blank=True, default='', max_length=80)),
                ('error', models.TextField(blank=True, default='')),
                ('asker', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['institution', 'kind', 'period', '-id'], name='errand_of_month')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'running'))), fields=('kind', 'institution', 'period', 'subject'), name='errand_once_under_way'), models.CheckConstraint(condition=models.Q(('state__in', ('waiting', 'running')), ('finished_at__isnull', False), _connector='OR'), name='errand_ends_some_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), _negated=True), models.Q(('error', ''), _negated=True), _connector='OR'), name='errand_failed_for_a_reason')],
            },
        ),
        RefuseChange("ledger_exportedcontent"),
    ]
