"""Clinical pathways and standard costs of items, each by two persons; what is in force is never changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('costing', '0012_responsibility'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Pathway',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('drg', models.CharField(max_length=20)),
                ('diagnosis', models.CharField(blank=True, default='', max_length=40)),
                ('procedure', models.CharField(blank=True, default='', max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('standard_days', models.DecimalField(decimal_places=1, max_digits=6)),
                ('effective_from', models.DateField()),
                ('source_text', models.CharField(max_length=300)),
                ('changed_by', models.CharField(max_length=150)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['institution', 'drg', 'diagnosis', 'procedure', '-effective_from'],
            },
        ),
        migrations.CreateModel(
            name='PathwayItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=12)),
                ('obligatory', models.BooleanField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem')),
                ('pathway', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='costing.pathway')),
            ],
            options={
                'ordering': ['pathway', 'item'],
            },
        ),
        migrations.CreateModel(
            name='PathwayProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('drg', models.CharField(max_length=20)),
                ('diagnosis', models.CharField(blank=True, default='', max_length=40)),
                ('procedure', models.CharField(blank=True, default='', max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('standard_days', models.DecimalField(decimal_places=1, max_digits=6)),
                ('effective_from', models.DateField()),
                ('source_text', models.CharField(max_length=300)),
                ('rows', models.JSONField(default=list)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('asked', '审批中'), ('in_force', '已同意'), ('refused', '未同意')], default='asked', max_length=8)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ItemStandard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=14)),
                ('unit_cost', models.DecimalField(decimal_places=6, max_digits=18)),
                ('effective_from', models.DateField()),
                ('source_text', models.CharField(max_length=300)),
                ('changed_by', models.CharField(max_length=150)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem')),
            ],
            options={
                'ordering': ['institution', 'department', 'item', '-effective_from'],
                'constraints': [models.UniqueConstraint(fields=('department', 'item', 'effective_from'), name='item_standard_one_a_day'), models.CheckConstraint(condition=models.Q(('quantity__gte', 0), ('unit_cost__gte', 0)), name='item_standard_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ItemStandardProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField()),
                ('rows', models.JSONField(default=list)),
                ('source_text', models.CharField(max_length=300)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('state', models.CharField(choices=[('asked', '审批中'), ('in_force', '已同意'), ('refused', '未同意')], default='asked', max_length=8)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('institution', 'effective_from'), name='item_standard_asked_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='pathway',
            constraint=models.UniqueConstraint(fields=('institution', 'drg', 'diagnosis', 'procedure', 'effective_from'), name='pathway_one_a_day'),
        ),
        migrations.AddConstraint(
            model_name='pathway',
            constraint=models.CheckConstraint(condition=models.Q(('standard_days__gte', 0)), name='pathway_days_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='pathwayitem',
            constraint=models.UniqueConstraint(fields=('pathway', 'item'), name='pathway_item_unique'),
        ),
        migrations.AddConstraint(
            model_name='pathwayitem',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='pathway_item_quantity_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='pathwayproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('institution', 'drg', 'diagnosis', 'procedure', 'effective_from'), name='pathway_asked_once'),
        ),
        *(RefuseChange(f"costing_{name}") for name in ("pathway", "pathwayitem", "itemstandard")),
    ]
