"""What members do for each other, with the guard of all fact tables."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.db import migrations, models


GUARD = """
CREATE TRIGGER his_intake_allianceservice_only_supersede BEFORE UPDATE ON his_intake_allianceservice
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER his_intake_allianceservice_refuse_delete BEFORE DELETE ON his_intake_allianceservice
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER his_intake_allianceservice_refuse_truncate BEFORE TRUNCATE ON his_intake_allianceservice
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER his_intake_allianceservice_only_supersede ON his_intake_allianceservice;
DROP TRIGGER his_intake_allianceservice_refuse_delete ON his_intake_allianceservice;
DROP TRIGGER his_intake_allianceservice_refuse_truncate ON his_intake_allianceservice;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0012_goods_moves_and_equipment_uses'),
        ('masterdata', '0003_parameter_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='AllianceService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('document', models.CharField(max_length=60)),
                ('line', models.PositiveIntegerField()),
                ('agreement', models.CharField(max_length=40)),
                ('date', models.DateField()),
                ('receiver_department', models.CharField(max_length=40, null=True)),
                ('service_kind', models.CharField(max_length=16)),
                ('volume', models.DecimalField(decimal_places=4, max_digits=14)),
                ('unit_cost', models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                ('amount', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('receiver', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['agreement', 'date'], name='fact_service_agreement')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'document', 'line'), name='fact_service_key')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
