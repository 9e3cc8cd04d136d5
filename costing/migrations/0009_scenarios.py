"""Scenarios."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0008_policies_of_runs'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('note', models.CharField(blank=True, default='', max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('archived', models.BooleanField(default=False)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.costrun')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ScenarioChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('headcount', '人员数量改为'), ('area', '占用面积改为'), ('cost_class', '科室分类改为'), ('driver', '分摊动因改为'), ('price', '收费价格变动(%)'), ('volume', '业务量变动(%)'), ('cost', '直接成本变动(%)'), ('close', '科室关闭')], max_length=12)),
                ('target', models.CharField(blank=True, default='', max_length=24)),
                ('code', models.CharField(blank=True, default='', max_length=24)),
                ('metric', models.CharField(blank=True, default='', max_length=40)),
                ('value', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('removed', models.BooleanField(default=False)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='costing.scenario')),
            ],
            options={
                'ordering': ['scenario', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'driver'), _negated=True), ('code__in', ['headcount', 'floor_area', 'income', 'workload', 'ordered_income']), _connector='OR'), name='scenario_change_names_a_driver')],
            },
        ),
    ]
