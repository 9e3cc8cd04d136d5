"""What a department earned and did by day. Runs made before keep no days: open months get them with the next night."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0002_append_only'),
        ('masterdata', '0001_initial'),
        ('orm', '0001_refuse_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='DepartmentDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('executed_income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('other_income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('drug_income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('material_income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('insured_income', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('visits', models.PositiveIntegerField()),
                ('discharges', models.PositiveIntegerField()),
                ('bed_days', models.DecimalField(decimal_places=2, max_digits=14)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='department_days', to='costing.costrun')),
            ],
            options={
                'ordering': ['run', 'department', 'day'],
                'constraints': [models.UniqueConstraint(fields=('run', 'department', 'day'), name='department_day_unique')],
            },
        ),
        RefuseChange('costing_departmentday'),
    ]
