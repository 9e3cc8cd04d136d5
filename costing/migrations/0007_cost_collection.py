"""Computed parts of direct cost, drivers of shared bills, cost that is not allocated for want of a driver."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0006_item_basis_proposals'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ComputedCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(choices=[('shared', '公共费用分配'), ('depreciation', '资产折旧与摊销')], max_length=12)),
                ('kind', models.CharField(max_length=20)),
                ('cost_item', models.CharField(max_length=20)),
                ('funding_source', models.CharField(max_length=20)),
                ('driver', models.CharField(max_length=60)),
                ('weight', models.DecimalField(decimal_places=4, max_digits=24)),
                ('weight_total', models.DecimalField(decimal_places=4, max_digits=24)),
                ('amount', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
            ],
            options={
                'ordering': ['run', 'department', 'origin', 'kind', 'cost_item', 'funding_source'],
            },
        ),
        migrations.AlterModelOptions(
            name='driverrule',
            options={'ordering': ['cost_class', 'shared_as', 'institution', 'department', '-effective_from']},
        ),
        migrations.RemoveConstraint(
            model_name='driverproposal',
            name='driver_proposal_asked_once',
        ),
        migrations.RemoveConstraint(
            model_name='driverrule',
            name='driver_rule_one_a_day',
        ),
        migrations.AddField(
            model_name='driverproposal',
            name='shared_as',
            field=models.CharField(blank=True, choices=[('water', '水费'), ('electricity', '电费'), ('gas', '燃气费'), ('heating', '取暖费'), ('cleaning', '保洁费'), ('security', '保安费'), ('property', '物业费'), ('maintenance', '房屋维修费'), ('network', '网络通信费'), ('other', '其他公共费用')], default='', max_length=16),
        ),
        migrations.AddField(
            model_name='driverrule',
            name='shared_as',
            field=models.CharField(blank=True, choices=[('water', '水费'), ('electricity', '电费'), ('gas', '燃气费'), ('heating', '取暖费'), ('cleaning', '保洁费'), ('security', '保安费'), ('property', '物业费'), ('maintenance', '房屋维修费'), ('network', '网络通信费'), ('other', '其他公共费用')], default='', max_length=16),
        ),
        migrations.AlterField(
            model_name='driverproposal',
            name='cost_class',
            field=models.CharField(blank=True, choices=[('administration', '行政后勤类'), ('medical_support', '医疗辅助类'), ('medical_technology', '医疗技术类'), ('clinical', '临床服务类')], default='', max_length=20),
        ),
        migrations.AlterField(
            model_name='driverrule',
            name='cost_class',
            field=models.CharField(blank=True, choices=[('administration', '行政后勤类'), ('medical_support', '医疗辅助类'), ('medical_technology', '医疗技术类'), ('clinical', '临床服务类')], default='', max_length=20),
        ),
        migrations.AlterField(
            model_name='unassignedcost',
            name='reason',
            field=models.CharField(choices=[('no_services', '有成本而当月没有收费'), ('not_allocated', '没有分摊动因，暂未分摊')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='driverproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('institution', 'department', 'cost_class', 'shared_as', 'effective_from'), name='driver_proposal_asked_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='driverrule',
            constraint=models.UniqueConstraint(fields=('institution', 'department', 'cost_class', 'shared_as', 'effective_from'), name='driver_rule_one_a_day', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='driverrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('shared_as', ''), models.Q(('cost_class', ''), _negated=True)), models.Q(models.Q(('shared_as', ''), _negated=True), ('cost_class', ''), ('department__isnull', True)), _connector='OR'), name='driver_rule_of_a_class_or_a_bill'),
        ),
        migrations.AddConstraint(
            model_name='driverrule',
            constraint=models.CheckConstraint(condition=models.Q(('shared_as', ''), models.Q(('driver', 'ordered_income'), _negated=True), _connector='OR'), name='driver_rule_nobody_orders_a_bill'),
        ),
        migrations.AddField(
            model_name='computedcost',
            name='department',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department'),
        ),
        migrations.AddField(
            model_name='computedcost',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='computed_costs', to='costing.costrun'),
        ),
        migrations.AddConstraint(
            model_name='computedcost',
            constraint=models.UniqueConstraint(fields=('run', 'department', 'origin', 'kind', 'cost_item', 'funding_source'), name='computed_cost_unique'),
        ),
        RefuseChange("costing_computedcost"),
    ]
