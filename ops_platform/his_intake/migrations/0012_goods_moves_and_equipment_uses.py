"""Moves of drugs and materials, and hours of devices, with the guard of all fact tables."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import ops_platform.orm.fields
from django.db import migrations, models

GUARD = """
CREATE TRIGGER his_intake_{0}_only_supersede BEFORE UPDATE ON his_intake_{0}
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER his_intake_{0}_refuse_delete BEFORE DELETE ON his_intake_{0}
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER his_intake_{0}_refuse_truncate BEFORE TRUNCATE ON his_intake_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER his_intake_{0}_only_supersede ON his_intake_{0};
DROP TRIGGER his_intake_{0}_refuse_delete ON his_intake_{0};
DROP TRIGGER his_intake_{0}_refuse_truncate ON his_intake_{0};
"""


class Migration(migrations.Migration):

    dependencies = [
        ('his_intake', '0011_assets_and_shared_bills'),
        ('masterdata', '0003_parameter_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='EquipmentUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('card', models.CharField(max_length=60)),
                ('date', models.DateField()),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(max_length=60)),
                ('used_hours', models.DecimalField(decimal_places=2, max_digits=6)),
                ('available_hours', models.DecimalField(decimal_places=2, max_digits=6)),
                ('services', models.PositiveIntegerField(null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['institution', 'date'], name='fact_device_date')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'card', 'date'), name='fact_device_key'), models.CheckConstraint(condition=models.Q(('available_hours__lte', 24), ('used_hours__lte', 24)), name='fact_device_day_has_24_hours')],
            },
        ),
        migrations.CreateModel(
            name='GoodsMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField()),
                ('row_no', models.PositiveIntegerField()),
                ('superseded_sequence', models.BigIntegerField(null=True)),
                ('document', models.CharField(max_length=60)),
                ('line', models.PositiveIntegerField()),
                ('move_kind', models.CharField(max_length=16)),
                ('date', models.DateField()),
                ('goods', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=200)),
                ('goods_class', models.CharField(max_length=24)),
                ('unit', models.CharField(max_length=20)),
                ('supplier', models.CharField(max_length=120, null=True)),
                ('procurement', models.CharField(max_length=12, null=True)),
                ('origin', models.CharField(max_length=12, null=True)),
                ('lot', models.CharField(max_length=60, null=True)),
                ('barcode', models.CharField(max_length=80, null=True)),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=14)),
                ('price', models.DecimalField(decimal_places=4, max_digits=14)),
                ('amount', ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18)),
                ('reference_price', models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                ('encounter', models.BigIntegerField(null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
                ('counterparty', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('department', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
                ('item', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.chargeitem')),
                ('superseded_batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='his_intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['institution', 'date'], name='fact_move_date'), models.Index(condition=models.Q(('move_kind__in', ('purchase', 'purchase_return')), ('superseded_sequence__isnull', True)), fields=['institution', 'goods', 'date'], name='fact_move_purchase'), models.Index(condition=models.Q(('barcode__isnull', False), ('superseded_sequence__isnull', True)), fields=['barcode'], name='fact_move_barcode'), models.Index(condition=models.Q(('encounter__isnull', False), ('superseded_sequence__isnull', True)), fields=['encounter', 'item'], name='fact_move_use')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_sequence__isnull', True)), fields=('institution', 'document', 'line'), name='fact_move_key'), models.CheckConstraint(condition=models.Q(('barcode__isnull', True), ('quantity', 1), _connector='OR'), name='fact_move_barcode_is_one_piece'), models.CheckConstraint(condition=models.Q(('amount', django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(models.F('quantity'), '*', models.F('price')), 2))), name='fact_move_amount')],
            },
        ),
        *(migrations.RunSQL(GUARD.format(name), UNGUARD.format(name)) for name in ("goodsmove", "equipmentuse")),
    ]
