"""References of item costs are looked after by verify_integrity, as those of patient costs are: checking three foreign keys a
row took as long as writing all patients."""

import django.db.models.deletion
from django.db import migrations, models


def _unchecked(name: str, to: str, **given: object) -> migrations.AlterField:
    field = models.ForeignKey(  # type: ignore[misc]
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        to=to,
        **given,  # type: ignore[arg-type]
    )
    return migrations.AlterField("itemcost", name, field)


class Migration(migrations.Migration):
    dependencies = [("costing", "0018_direct_assignment")]

    operations = [
        _unchecked("run", "costing.patientrun", related_name="items"),
        _unchecked("department", "masterdata.department", related_name="+"),
        _unchecked("item", "masterdata.chargeitem", related_name="+", null=True),
    ]
