"""What the fund owes of a case, and what it pays on the bill."""

import ops_platform.orm.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insurance_settlement', '0006_special_reviews'),
        ('masterdata', '0003_parameter_proposals'),
    ]

    operations = [
        migrations.AddField(
            model_name='caseresult',
            name='billed',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='caseresult',
            name='fund',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='groupingrun',
            name='billed',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='groupingrun',
            name='fund',
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='groupingrun',
            name='without_settlement',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='caseresult',
            constraint=models.CheckConstraint(condition=models.Q(('fund__isnull', True), models.Q(('billed__isnull', False), ('payment__isnull', False)), _connector='OR'), name='case_result_fund'),
        ),
    ]
