"""Rules of pooling areas beside each other, and DIP catalogues."""

import django.db.models.deletion
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('insurance_settlement', '0004_points_of_cases'),
        ('masterdata', '0003_parameter_proposals'),
        ('orm', '0001_refuse_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='AreaMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField()),
                ('changed_by', models.CharField(max_length=150)),
                ('changed_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['institution', '-effective_from'],
            },
        ),
        migrations.CreateModel(
            name='PoolingArea',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('created_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='caseresult',
            name='factor',
            field=models.DecimalField(decimal_places=6, default=1, max_digits=12),
        ),
        migrations.AddField(
            model_name='groupingscheme',
            name='kind',
            field=models.CharField(choices=[('drg', 'DRG'), ('dip', 'DIP')], default='drg', max_length=3),
        ),
        migrations.AlterField(
            model_name='groupingscheme',
            name='effective_from',
            field=models.DateField(),
        ),
        migrations.AlterField(
            model_name='pricebook',
            name='effective_from',
            field=models.DateField(),
        ),
        migrations.AddConstraint(
            model_name='groupingscheme',
            constraint=models.UniqueConstraint(fields=('name', 'effective_from'), name='grouping_scheme_name_one_a_day'),
        ),
        migrations.AddField(
            model_name='areamember',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution'),
        ),
        migrations.AddField(
            model_name='areamember',
            name='area',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='insurance_settlement.poolingarea'),
        ),
        migrations.AddField(
            model_name='pricebook',
            name='area',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='price_books', to='insurance_settlement.poolingarea'),
        ),
        migrations.AddConstraint(
            model_name='pricebook',
            constraint=models.UniqueConstraint(fields=('area', 'effective_from'), name='price_book_one_a_day', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='areamember',
            constraint=models.UniqueConstraint(fields=('institution', 'effective_from'), name='area_member_one_a_day'),
        ),
        RefuseChange('insurance_settlement_areamember'),
        RefuseChange('insurance_settlement_poolingarea'),
    ]
