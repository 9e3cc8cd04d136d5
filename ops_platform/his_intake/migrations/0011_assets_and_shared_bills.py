"""Asset cards, with the guard of all fact tables, and bills that a department takes in for all."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.db import migrations, models


GUARD = """
CREATE TRIGGER his_intake_asset_only_supersede BEFORE UPDATE ON his_intake_asset
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER his_intake_asset_refuse_delete BEFORE DELETE ON his_intake_asset
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER his_intake_asset_refuse_truncate BEFORE TRUNCATE ON his_intake_asset
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER his_intake_asset_only_supersede ON his_intake_asset;
DROP TRIGGER his_intake_asset_refuse_delete ON his_intake_asset;
DROP TRIGGER his_intake_asset_refuse_truncate ON his_intake_asset;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0010_counterparty'),
        ('masterdata', '0003_parameter_proposals'),
    ]

    operations = [
        migrations.AddField(
            model_name='costentry',
            name='shared_as',
            field=models.CharField(max_length=16, null=True),
        ),
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('card', models.CharField(max_length=60)),
                ('effective_from', models.DateField()),
                ('name', models.CharField(max_length=200)),
                ('category', models.CharField(max_length=20)),
                ('in_use_from', models.DateField()),
                ('original_value', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('residual_value', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('useful_months', models.PositiveIntegerField()),
                ('accumulated', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('funding_source', models.CharField(max_length=20)),
                ('disposed_on', models.DateField(null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'card', 'effective_from'), name='fact_asset_key')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
