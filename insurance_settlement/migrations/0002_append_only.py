"""Results and imported rules are never changed."""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):
    dependencies = [("insurance_settlement", "0001_initial"), ("orm", "0001_refuse_change")]
    operations = [
        RefuseChange("insurance_settlement_groupingscheme"),
        RefuseChange("insurance_settlement_pricebook"),
        RefuseChange("insurance_settlement_caseresult"),
    ]
