"""What carrying the year forward moved stands in a consolidation by itself, so that its balance sheet is the members' own."""

from decimal import Decimal

from django.db import migrations, models

import ops_platform.orm.fields

COLUMN = Decimal("9999999999999999.99")
FIGURES = "consolidatedfigure"


def within() -> models.Q:
    found = models.Q()
    for column in ("start", "month", "year", "carried"):
        found &= models.Q(**{f"{column}__gte": -COLUMN, f"{column}__lte": COLUMN})
    return found


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_settled_by_hand")]

    operations = [
        migrations.AddField(FIGURES, "carried", ops_platform.orm.fields.MoneyField(default=0)),
        migrations.RemoveConstraint(FIGURES, "consolidated_figure_amounts"),
        migrations.AddConstraint(
            FIGURES, models.CheckConstraint(condition=within(), name="consolidated_figure_amounts")
        ),
    ]
