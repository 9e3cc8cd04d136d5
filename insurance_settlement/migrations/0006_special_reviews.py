"""Special reviews with opinions and conclusions."""

import django.contrib.postgres.fields
import django.db.models.deletion
import ops_platform.orm.fields
from django.conf import settings
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):

    dependencies = [
        ('orm', '0001_refuse_change'),
        ('insurance_settlement', '0005_areas_and_dip'),
        ('masterdata', '0003_parameter_proposals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SpecialReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('encounter', models.BigIntegerField()),
                ('encounter_no', models.CharField(max_length=60)),
                ('period', ops_platform.orm.fields.PeriodField(max_length=7)),
                ('kind', models.CharField(choices=[('drg', 'DRG'), ('dip', 'DIP')], max_length=3)),
                ('grounds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('complex', '病情复杂'), ('critical', '危急重症'), ('long_stay', '住院时间长'), ('resource_heavy', '资源消耗多'), ('new_technology', '合理使用新药耗新技术'), ('multi_department', '多学科联合诊疗'), ('ungrouped', '未能入组')], max_length=20), size=None)),
                ('statement', models.CharField(max_length=2000)),
                ('asked', models.CharField(choices=[('items', '按项目付费'), ('rescored', '重新核定权重或分值'), ('rejected', '不予通过')], max_length=8)),
                ('asked_worth', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('state', models.CharField(choices=[('draft', '草稿'), ('asked', '院内审批'), ('declared', '已申报'), ('concluding', '结论待确认'), ('approved', '评审通过'), ('rejected', '评审未通过'), ('appealed', '已申诉'), ('archived', '已作废')], default='draft', max_length=10)),
                ('declared_on', models.DateField(null=True)),
                ('appeal', models.CharField(blank=True, default='', max_length=2000)),
                ('appealed_on', models.DateField(null=True)),
                ('effective', models.CharField(blank=True, choices=[('items', '按项目付费'), ('rescored', '重新核定权重或分值'), ('rejected', '不予通过')], default='', max_length=8)),
                ('worth', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='insurance_settlement.caseresult')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='masterdata.institution')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ReviewOpinion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField()),
                ('expert', models.CharField(max_length=60)),
                ('unit', models.CharField(max_length=120)),
                ('outcome', models.CharField(choices=[('items', '按项目付费'), ('rescored', '重新核定权重或分值'), ('rejected', '不予通过')], max_length=8)),
                ('worth', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('text', models.CharField(max_length=1000)),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='insurance_settlement.specialreview')),
            ],
            options={
                'ordering': ['review', 'round', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ReviewConclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField()),
                ('outcome', models.CharField(choices=[('items', '按项目付费'), ('rescored', '重新核定权重或分值'), ('rejected', '不予通过')], max_length=8)),
                ('worth', models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ('decided_on', models.DateField()),
                ('document_no', models.CharField(max_length=80)),
                ('text', models.CharField(max_length=1000)),
                ('state', models.CharField(choices=[('asked', '待确认'), ('confirmed', '已确认'), ('refused', '退回')], default='asked', max_length=9)),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conclusions', to='insurance_settlement.specialreview')),
            ],
            options={
                'ordering': ['review', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='specialreview',
            index=models.Index(fields=['institution', 'period', 'state'], name='special_review_month'),
        ),
        migrations.AddConstraint(
            model_name='specialreview',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'archived'), _negated=True), fields=('institution', 'encounter'), name='special_review_one_for_a_stay'),
        ),
        migrations.AddConstraint(
            model_name='specialreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked', 'rescored'), ('asked_worth__gt', 0)), models.Q(('asked', 'items'), ('asked_worth', None)), _connector='OR'), name='special_review_asks_for_worth'),
        ),
        migrations.AddConstraint(
            model_name='specialreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('effective', 'rescored'), ('state', 'approved'), ('worth__gt', 0)), models.Q(('effective', 'items'), ('state', 'approved'), ('worth', None)), models.Q(models.Q(('state', 'approved'), _negated=True), ('effective', ''), ('worth', None)), _connector='OR'), name='special_review_effective_when_approved'),
        ),
        migrations.AddConstraint(
            model_name='reviewopinion',
            constraint=models.UniqueConstraint(fields=('review', 'round', 'expert'), name='review_opinion_once_an_expert'),
        ),
        migrations.AddConstraint(
            model_name='reviewopinion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'rescored'), ('worth__gt', 0)), models.Q(models.Q(('outcome', 'rescored'), _negated=True), ('worth', None)), _connector='OR'), name='review_opinion_worth'),
        ),
        migrations.AddConstraint(
            model_name='reviewconclusion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'refused'), _negated=True), fields=('review', 'round'), name='review_conclusion_one_a_round'),
        ),
        migrations.AddConstraint(
            model_name='reviewconclusion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'rescored'), ('worth__gt', 0)), models.Q(models.Q(('outcome', 'rescored'), _negated=True), ('worth', None)), _connector='OR'), name='review_conclusion_worth'),
        ),
        RefuseChange("insurance_settlement_reviewopinion"),
    ]
