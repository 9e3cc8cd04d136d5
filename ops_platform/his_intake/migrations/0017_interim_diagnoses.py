"""Diagnoses of patients who are still in, with the guard of all fact tables."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


GUARD = """
CREATE TRIGGER his_intake_interimdiagnosis_only_supersede BEFORE UPDATE ON his_intake_interimdiagnosis
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER his_intake_interimdiagnosis_refuse_delete BEFORE DELETE ON his_intake_interimdiagnosis
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER his_intake_interimdiagnosis_refuse_truncate BEFORE TRUNCATE ON his_intake_interimdiagnosis
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER his_intake_interimdiagnosis_only_supersede ON his_intake_interimdiagnosis;
DROP TRIGGER his_intake_interimdiagnosis_refuse_delete ON his_intake_interimdiagnosis;
DROP TRIGGER his_intake_interimdiagnosis_refuse_truncate ON his_intake_interimdiagnosis;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0016_settlement_lists'),
        ('masterdata', '0003_parameter_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='InterimDiagnosis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('encounter', models.BigIntegerField()),
                ('seq', models.PositiveIntegerField()),
                ('recorded_at', models.DateTimeField()),
                ('diagnoses', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), null=True, size=None)),
                ('sex', models.CharField(max_length=1)),
                ('age', models.PositiveSmallIntegerField()),
                ('age_days', models.PositiveSmallIntegerField(null=True)),
                ('weight', models.PositiveIntegerField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name='encounter',
            index=models.Index(condition=models.Q(('discharged__isnull', True), ('kind', 'inpatient'), ('superseded_sequence__isnull', True)), fields=['institution', 'admitted'], name='fact_encounter_in_house'),
        ),
        migrations.AddField(
            model_name='interimdiagnosis',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch'),
        ),
        migrations.AddField(
            model_name='interimdiagnosis',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution'),
        ),
        migrations.AddField(
            model_name='interimdiagnosis',
            name='superseded_batch',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch'),
        ),
        migrations.AddConstraint(
            model_name='interimdiagnosis',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'encounter', 'seq'), name='fact_interim_key'),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
