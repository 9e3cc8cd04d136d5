"""A driver by direct assignment (直接指定): the departments that a rule names, with their shares; never changed."""

import django.db.models.deletion
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange

KINDS = [
    ("headcount", "人员数量"),
    ("floor_area", "占用面积"),
    ("asset_value", "资产价值"),
    ("income", "收入比重"),
    ("workload", "工作量"),
    ("ordered_income", "开单收入"),
    ("assigned", "直接指定"),
]
ONE_OF_THEM = models.Q(models.Q(("kind", "driver"), _negated=True), ("code__in", [code for code, _ in KINDS]), _connector="OR")
WITHIN_INSTITUTION = models.Q(
    models.Q(("driver", "assigned"), _negated=True), ("institution__isnull", False), _connector="OR"
)


class Migration(migrations.Migration):
    dependencies = [("costing", "0017_asset_value_driver")]

    operations = [
        migrations.RemoveConstraint("scenariochange", "scenario_change_names_a_driver"),
        migrations.AlterField("driverproposal", "driver", models.CharField(choices=KINDS, max_length=16)),
        migrations.AlterField("driverrule", "driver", models.CharField(choices=KINDS, max_length=16)),
        migrations.AddField("driverproposal", "assigned", models.JSONField(default=list)),
        migrations.AddField("scenariochange", "assigned", models.JSONField(default=list)),
        migrations.AddConstraint(
            "scenariochange", models.CheckConstraint(condition=ONE_OF_THEM, name="scenario_change_names_a_driver")
        ),
        migrations.AddConstraint(
            "driverrule",
            models.CheckConstraint(condition=WITHIN_INSTITUTION, name="driver_rule_assigned_within_institution"),
        ),
        migrations.CreateModel(
            name="DriverAssignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share", models.DecimalField(decimal_places=6, max_digits=9)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="masterdata.department"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="costing.driverrule"
                    ),
                ),
            ],
            options={"ordering": ["rule", "department__code"]},
        ),
        migrations.AddConstraint(
            "driverassignment",
            models.UniqueConstraint(fields=("rule", "department"), name="driver_assignment_names_once"),
        ),
        migrations.AddConstraint(
            "driverassignment",
            models.CheckConstraint(
                condition=models.Q(("share__gt", 0), ("share__lte", 100)), name="driver_assignment_is_a_share"
            ),
        ),
        RefuseChange("costing_driverassignment"),
    ]
