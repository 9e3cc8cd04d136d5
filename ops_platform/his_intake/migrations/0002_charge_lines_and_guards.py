"""Charge lines in month partitions, lasting numbers of encounters, and the guards of all fact tables."""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange

CHARGE_LINES = """
CREATE SEQUENCE his_intake_encounter_entity_seq;
CREATE SEQUENCE his_intake_chargeline_id_seq;
CREATE TABLE his_intake_chargeline (
    id bigint NOT NULL DEFAULT nextval('his_intake_chargeline_id_seq'),
    encounter bigint NOT NULL,
    batch_id bigint NOT NULL,
    sequence bigint NOT NULL,
    superseded_batch_id bigint,
    superseded_sequence bigint,
    item_id bigint NOT NULL,
    institution_id bigint NOT NULL,
    charged_at timestamptz NOT NULL,
    ordering_department_id bigint NOT NULL,
    executing_department_id bigint NOT NULL,
    month date NOT NULL,
    line_no integer NOT NULL,
    row_no integer NOT NULL,
    refund_of integer,
    quantity numeric(14, 4) NOT NULL,
    price numeric(14, 4) NOT NULL,
    amount numeric(18, 2) NOT NULL,
    insured_amount numeric(18, 2) NOT NULL,
    CONSTRAINT his_intake_chargeline_month_first CHECK (extract(day FROM month) = 1)
) PARTITION BY RANGE (month);
ALTER SEQUENCE his_intake_chargeline_id_seq OWNED BY his_intake_chargeline.id;
CREATE UNIQUE INDEX fact_charge_line_key ON his_intake_chargeline (institution_id, encounter, line_no, month)
    WHERE superseded_sequence IS NULL;

CREATE FUNCTION his_intake_ensure_month(wanted date) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_day date := date_trunc('month', wanted)::date;
    name text := 'his_intake_chargeline_' || to_char(wanted, 'YYYYMM');
BEGIN
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(7201002);
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    -- made apart and then attached: that does not lock readers and writers of the other months
    EXECUTE format('CREATE TABLE public.%I (LIKE public.his_intake_chargeline INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE public.his_intake_chargeline ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   name, first_day, (first_day + interval '1 month')::date);
END
$$;

CREATE FUNCTION his_intake_only_supersede() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.superseded_sequence IS NOT NULL
       OR to_jsonb(NEW) - 'superseded_batch_id' - 'superseded_sequence'
          IS DISTINCT FROM to_jsonb(OLD) - 'superseded_batch_id' - 'superseded_sequence' THEN
        RAISE EXCEPTION 'facts are superseded, never changed: %', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
"""
DROP = """
DROP TABLE his_intake_chargeline;
DROP SEQUENCE his_intake_encounter_entity_seq;
DROP FUNCTION his_intake_ensure_month(date);
DROP FUNCTION his_intake_only_supersede();
"""
FACTS = (
    "departmentfact", "staffheadcount", "floorarea", "workload", "chargeitemfact", "costentry", "incomeentry",
    "encounter", "chargeline", "dischargeabstract",
)
GUARD = """
CREATE TRIGGER his_intake_{0}_only_supersede BEFORE UPDATE ON his_intake_{0}
    FOR EACH ROW EXECUTE FUNCTION his_intake_only_supersede();
CREATE TRIGGER his_intake_{0}_refuse_delete BEFORE DELETE ON his_intake_{0}
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER his_intake_{0}_refuse_truncate BEFORE TRUNCATE ON his_intake_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
UNGUARD = """
DROP TRIGGER his_intake_{0}_only_supersede ON his_intake_{0};
DROP TRIGGER his_intake_{0}_refuse_delete ON his_intake_{0};
DROP TRIGGER his_intake_{0}_refuse_truncate ON his_intake_{0};
"""


class Migration(migrations.Migration):
    dependencies = [("his_intake", "0001_initial"), ("orm", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(CHARGE_LINES, DROP),
        *(migrations.RunSQL(GUARD.format(name), UNGUARD.format(name)) for name in FACTS),
        RefuseChange("his_intake_batch"),
    ]
