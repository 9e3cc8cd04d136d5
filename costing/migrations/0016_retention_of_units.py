"""What activities and service units cost in a provisional run goes with the rest of its detail, and is kept as the rest is."""

from importlib import import_module

from django.db import migrations

earlier = import_module("costing.migrations.0014_patient_run_retention")

OF_RUNS = ("costing_activitycost", "costing_unitcost")
OF_UNITS = "costing_patientunitcost"

# As `costing_keep_official`, for rows that name a unit of the run. A unit that is gone already keeps nothing.
FUNCTION = """
CREATE FUNCTION costing_keep_official_units() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE kept bigint;
BEGIN
    SELECT r.id INTO kept FROM (SELECT DISTINCT k.run_id FROM gone g LEFT JOIN costing_unitcost k ON k.id = g.unit_id) n
    LEFT JOIN costing_patientrun r ON r.id = n.run_id
    WHERE r.id IS NULL OR r.is_current OR r.created_at > now() - interval '7 days'
       OR EXISTS (SELECT 1 FROM costing_patientrunpruning p WHERE p.run_id = r.id)
       OR EXISTS (SELECT 1 FROM masterdata_accountingperiod m
                  WHERE m.institution_id = r.institution_id AND m.period = r.period
                  AND (m.state <> 'open' OR EXISTS (SELECT 1 FROM masterdata_periodreopening o
                                                    WHERE o.accounting_period_id = m.id)))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'append-only: patient run % is current, official or young; its rows stay', kept
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
"""


def _guard(table: str, function: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        earlier.GUARD.format(table=table).replace("costing_keep_official()", f"{function}()"),
        earlier.BACK.format(table=table),
    )


class Migration(migrations.Migration):
    dependencies = [("costing", "0015_patient_cost_keys")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION costing_keep_official_units();"),
        *(_guard(table, "costing_keep_official") for table in OF_RUNS),
        _guard(OF_UNITS, "costing_keep_official_units"),
    ]
