"""Hours of people by post, with the guard of all fact tables."""

import django.db.models.deletion
import ops_platform.orm.fields
from django.db import migrations, models


GUARD = """
CREATE TRIGGER his_intake_posthours_only_supersede BEFORE UPDATE ON his_intake_posthours
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER his_intake_posthours_refuse_delete BEFORE DELETE ON his_intake_posthours
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER his_intake_posthours_refuse_truncate BEFORE TRUNCATE ON his_intake_posthours
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER his_intake_posthours_only_supersede ON his_intake_posthours;
DROP TRIGGER his_intake_posthours_refuse_delete ON his_intake_posthours;
DROP TRIGGER his_intake_posthours_refuse_truncate ON his_intake_posthours;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0017_interim_diagnoses'),
        ('masterdata', '0003_parameter_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='PostHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('roster', models.CharField(max_length=60)),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('post', models.CharField(max_length=60)),
                ('category', models.CharField(max_length=16)),
                ('established', models.DecimalField(decimal_places=2, max_digits=8, null=True)),
                ('people', models.DecimalField(decimal_places=2, max_digits=8)),
                ('hours', models.DecimalField(decimal_places=2, max_digits=10)),
                ('flexible', models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ('team', models.CharField(max_length=60, null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('home', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['institution', 'period'], name='fact_post_period')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'roster'), name='fact_post_key'), models.CheckConstraint(condition=models.Q(('flexible__isnull', True), ('flexible__lte', models.F('hours')), _connector='OR'), name='fact_post_flexible_of_hours')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
