"""Results and imported rules are never changed."""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):
    dependencies = [("costing", "0001_initial"), ("orm", "0001_refuse_change")]
    operations = [
        RefuseChange("costing_departmentcost"),
        RefuseChange("costing_allocationflow"),
        RefuseChange("costing_incomecell"),
        RefuseChange("costing_departmentmonth"),
    ]
