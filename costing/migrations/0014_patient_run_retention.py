"""Provisional patient runs may lose their detail; the database itself keeps all that is official."""

import django.db.models.deletion
from django.db import migrations, models

from ops_platform.orm.operations import RefuseChange

TABLES = ("costing_itemcost", "costing_patientcost", "costing_unassignedcost")

# Owner's rights: whether a run may go must not depend on what the deleting role may read.
FUNCTION = """
CREATE FUNCTION costing_keep_official() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE kept bigint;
BEGIN
    SELECT g.run_id INTO kept FROM (SELECT DISTINCT run_id FROM gone) g
    LEFT JOIN costing_patientrun r ON r.id = g.run_id
    WHERE r.id IS NULL OR r.is_current OR r.created_at > now() - interval '7 days'
       OR EXISTS (SELECT 1 FROM costing_patientrunpruning p WHERE p.run_id = r.id)
       OR EXISTS (SELECT 1 FROM masterdata_accountingperiod m
                  WHERE m.institution_id = r.institution_id AND m.period = r.period
                  AND (m.state <> 'open' OR EXISTS (SELECT 1 FROM masterdata_periodreopening o
                                                    WHERE o.accounting_period_id = m.id)))
    LIMIT 1;
    IF kept IS NOT NULL THEN
        RAISE EXCEPTION 'append-only: patient run % is current, official or young; its rows stay', kept
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
"""
GUARD = """
DROP TRIGGER {table}_refuse_change ON {table};
CREATE TRIGGER {table}_refuse_change BEFORE UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER {table}_keep_official AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION costing_keep_official();
"""
BACK = """
DROP TRIGGER {table}_keep_official ON {table};
DROP TRIGGER {table}_refuse_change ON {table};
CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("costing", "0013_pathways"),
        ("masterdata", "0003_parameter_proposals"),
    ]

    operations = [
        migrations.CreateModel(
            name="PatientRunPruning",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="pruning",
                        serialize=False,
                        to="costing.patientrun",
                    ),
                ),
                ("items", models.PositiveIntegerField()),
                ("encounters", models.PositiveIntegerField()),
                ("unassigned", models.PositiveIntegerField()),
                ("older_than_days", models.PositiveIntegerField()),
                ("actor", models.CharField(max_length=150)),
                ("pruned_at", models.DateTimeField()),
            ],
            options={"ordering": ["-pruned_at", "run"]},
        ),
        RefuseChange("costing_patientrunpruning"),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION costing_keep_official();"),
        *(migrations.RunSQL(GUARD.format(table=table), BACK.format(table=table)) for table in TABLES),
    ]
