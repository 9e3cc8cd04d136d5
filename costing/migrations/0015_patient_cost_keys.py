"""One key and a block range index in place of six B-trees: writing patients was mostly writing their indexes."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

KEY = [
    migrations.RunSQL(
        "ALTER TABLE costing_patientcost DROP CONSTRAINT patient_cost_unique, DROP COLUMN id,"
        " ADD PRIMARY KEY (encounter, run_id)",
        migrations.RunSQL.noop,
    )
]


def _unindexed(model: str, name: str, to: str, **given: object) -> migrations.AlterField:
    field = models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to=to, **given)  # type: ignore[arg-type]
    return migrations.AlterField(model, name, field)


class Migration(migrations.Migration):
    dependencies = [("costing", "0014_patient_run_retention")]

    operations = [
        migrations.SeparateDatabaseAndState(
            KEY,
            [
                migrations.RemoveConstraint("patientcost", "patient_cost_unique"),
                migrations.RemoveField("patientcost", "id"),
                migrations.AddField(
                    "patientcost",
                    "pk",
                    models.CompositePrimaryKey(
                        "encounter", "run_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.RemoveIndex("patientcost", "patient_cost_department"),
        _unindexed("patientcost", "run", "costing.patientrun", related_name="patients", db_constraint=False),
        _unindexed("patientcost", "department", "masterdata.department", related_name="+", db_constraint=False),
        _unindexed("itemcost", "run", "costing.patientrun", related_name="items"),
        _unindexed("itemcost", "department", "masterdata.department", related_name="+"),
        _unindexed("itemcost", "item", "masterdata.chargeitem", related_name="+", null=True),
        migrations.AddIndex(
            "patientcost",
            django.contrib.postgres.indexes.BrinIndex(
                fields=["run", "department"], name="patient_cost_of_run", pages_per_range=16, autosummarize=True
            ),
        ),
    ]
