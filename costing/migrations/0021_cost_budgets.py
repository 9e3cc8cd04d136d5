"""Cost budgets of a year, by version, with their amounts."""

import django.db.models.deletion
import ops_platform.orm.fields
from ops_platform.orm.operations import RefuseChange
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0020_price_adjustments'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CostBudget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('version', models.PositiveSmallIntegerField()),
                ('total', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('source_text', models.CharField(max_length=300)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('asked', '审批中'), ('in_force', '已批准'), ('replaced', '已被新版取代'), ('refused', '未批准')], default='asked', max_length=8)),
                ('decided_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-year', 'institution', '-version'],
            },
        ),
        migrations.CreateModel(
            name='CostBudgetAmount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cost_item', models.CharField(max_length=20)),
                ('month', models.PositiveSmallIntegerField()),
                ('amount', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='amounts', to='costing.costbudget')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
            ],
            options={
                'ordering': ['budget', 'department', 'cost_item', 'month'],
            },
        ),
        migrations.AddConstraint(
            model_name='costbudget',
            constraint=models.UniqueConstraint(fields=('institution', 'year', 'version'), name='cost_budget_version'),
        ),
        migrations.AddConstraint(
            model_name='costbudget',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('institution', 'year'), name='cost_budget_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='costbudget',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'in_force')), fields=('institution', 'year'), name='cost_budget_one_in_force'),
        ),
        migrations.AddConstraint(
            model_name='costbudget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='cost_budget_decided'),
        ),
        migrations.AddConstraint(
            model_name='costbudgetamount',
            constraint=models.UniqueConstraint(fields=('budget', 'department', 'cost_item', 'month'), name='cost_budget_amount_once'),
        ),
        migrations.AddConstraint(
            model_name='costbudgetamount',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='cost_budget_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='costbudgetamount',
            constraint=models.CheckConstraint(condition=models.Q(('month__gte', 1), ('month__lte', 12)), name='cost_budget_amount_month'),
        ),
        RefuseChange("costing_costbudgetamount"),
    ]
