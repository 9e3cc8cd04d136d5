"""A driver by the original value of the assets that a department uses (资产价值)."""

from django.db import migrations, models

KINDS = [
    ("headcount", "人员数量"),
    ("floor_area", "占用面积"),
    ("asset_value", "资产价值"),
    ("income", "收入比重"),
    ("workload", "工作量"),
    ("ordered_income", "开单收入"),
]
ONE_OF_THEM = models.Q(models.Q(("kind", "driver"), _negated=True), ("code__in", [code for code, _ in KINDS]), _connector="OR")


class Migration(migrations.Migration):
    dependencies = [("costing", "0016_retention_of_units")]

    operations = [
        migrations.RemoveConstraint("scenariochange", "scenario_change_names_a_driver"),
        migrations.AlterField("driverproposal", "driver", models.CharField(choices=KINDS, max_length=16)),
        migrations.AlterField("driverrule", "driver", models.CharField(choices=KINDS, max_length=16)),
        migrations.AddConstraint(
            "scenariochange", models.CheckConstraint(condition=ONE_OF_THEM, name="scenario_change_names_a_driver")
        ),
    ]
