"""Cost and income entries may name the member of the alliance with which the deal was."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("his_intake", "0009_trial_balances"), ("masterdata", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name=name,
            name="counterparty",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="masterdata.institution",
            ),
        )
        for name in ("costentry", "incomeentry")
    ]
