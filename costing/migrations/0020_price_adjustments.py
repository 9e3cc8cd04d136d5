"""Plans to adjust prices, with their items and the base they are measured on."""

import django.contrib.postgres.fields
import django.db.models.deletion
import ops_platform.orm.fields
from ops_platform.orm.operations import RefuseChange
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0019_item_cost_keys'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PriceAdjustment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('source_text', models.CharField(max_length=300)),
                ('first_month', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('last_month', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('steps', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), size=None)),
                ('loss', ops_platform.orm.fields.MoneyField(decimal_places=2, default=0, max_digits=18)),
                ('loss_text', models.CharField(blank=True, default='', max_length=200)),
                ('subsidy', ops_platform.orm.fields.MoneyField(decimal_places=2, default=0, max_digits=18)),
                ('fund_limit', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('service_income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('service_cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('cells', models.JSONField(default=dict)),
                ('saved', ops_platform.orm.fields.MoneyField(decimal_places=2, default=0, max_digits=18)),
                ('by_case', models.BooleanField()),
                ('decision_on', models.DateField(null=True)),
                ('decision_no', models.CharField(blank=True, default='', max_length=80)),
                ('approved_on', models.DateField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('draft', '草案'), ('asked', '审批中'), ('approved', '已同意'), ('archived', '已归档')], default='draft', max_length=8)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='PriceAdjustmentItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fee_class', models.CharField(max_length=24)),
                ('prices', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=4, max_digits=14), size=None)),
                ('price_cap', models.DecimalField(decimal_places=4, max_digits=18, null=True)),
                ('charged', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('insured_stays', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('insured_visits', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('adjustment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='costing.priceadjustment')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem')),
            ],
            options={
                'ordering': ['adjustment', 'item__code'],
            },
        ),
        migrations.CreateModel(
            name='PriceAdjustmentBase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('cost', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='costing.patientrun')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='base', to='costing.priceadjustmentitem')),
            ],
            options={
                'ordering': ['item', 'run', 'department'],
            },
        ),
        migrations.AddConstraint(
            model_name='priceadjustment',
            constraint=models.CheckConstraint(condition=models.Q(('first_month__lte', models.F('last_month'))), name='price_adjustment_base_in_order'),
        ),
        migrations.AddConstraint(
            model_name='priceadjustment',
            constraint=models.CheckConstraint(condition=models.Q(('loss__gte', 0), ('subsidy__gte', 0), models.Q(('fund_limit', None), ('fund_limit__gte', 0), _connector='OR')), name='price_adjustment_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='priceadjustmentitem',
            constraint=models.UniqueConstraint(fields=('adjustment', 'item'), name='price_adjustment_item_once'),
        ),
        migrations.AddConstraint(
            model_name='priceadjustmentbase',
            constraint=models.UniqueConstraint(fields=('item', 'run', 'department'), name='price_adjustment_base_once'),
        ),
        RefuseChange("costing_priceadjustmentitem"),
        RefuseChange("costing_priceadjustmentbase"),
    ]
