from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insurance_settlement", "0003_restated_runs")]

    operations = [
        migrations.AddField(
            "caseresult", "points", models.DecimalField(decimal_places=8, max_digits=20, null=True)
        ),
        migrations.AlterField("caseresult", "kind", models.CharField(max_length=20)),
        migrations.AlterField(
            "caseresult", "weight", models.DecimalField(decimal_places=8, max_digits=18, null=True)
        ),
    ]
