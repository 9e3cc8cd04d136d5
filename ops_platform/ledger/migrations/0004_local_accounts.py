"""Charts kept elsewhere, mapped to the unified one, and where official figures come from. Both only grow."""

import django.db.models.deletion
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_vouchers'),
        ('masterdata', '0002_reopening_withdrawn'),
        ('orm', '0001_refuse_change'),
        ('his_intake', '0009_trial_balances'),
    ]

    operations = [
        migrations.CreateModel(
            name='BooksMode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('own', '在本平台记账'), ('elsewhere', '在外部系统记账'), ('both', '两边记账(以本平台为准)')], max_length=10)),
                ('effective_from', models.DateField()),
                ('recorded_by', models.CharField(max_length=150)),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('institution', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['institution', 'effective_from', 'id'],
                'indexes': [models.Index(fields=['institution', 'effective_from'], name='books_mode_by_month')],
                'constraints': [models.CheckConstraint(condition=models.Q(('effective_from__day', 1)), name='books_mode_from_a_month')],
            },
        ),
        migrations.CreateModel(
            name='LocalAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(blank=True, default='', max_length=120)),
                ('cost_item', models.CharField(blank=True, default='', max_length=20)),
                ('funding_source', models.CharField(blank=True, default='', max_length=20)),
                ('effective_from', models.DateField()),
                ('recorded_by', models.CharField(max_length=150)),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.account')),
                ('counterparty', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('institution', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['institution', 'code', 'effective_from', 'id'],
                'indexes': [models.Index(fields=['institution', 'code', 'effective_from'], name='local_account_by_code')],
                'constraints': [models.CheckConstraint(condition=models.Q(('effective_from__day', 1)), name='local_account_from_a_month'), models.CheckConstraint(condition=models.Q(('counterparty__isnull', True), models.Q(('counterparty', models.F('institution')), _negated=True), _connector='OR'), name='local_account_not_its_own_counterparty')],
            },
        ),
        RefuseChange("ledger_localaccount"),
        RefuseChange("ledger_booksmode"),
    ]
