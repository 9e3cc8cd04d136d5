"""What must never be false of a consolidation, kept by PostgreSQL itself.

- An elimination has exactly the legs it says when it is committed, and balances in every measure. Legs cannot be added later.
- An elimination by hand is decided once and never changed; automatic ones and all legs are never changed.
- A run that is final stays final. Figures are never changed; runs, pairs and eliminations are never removed.
"""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange

GUARDS = """
CREATE FUNCTION ledger_check_elimination() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS legs, coalesce(sum(start), 0) AS start, coalesce(sum(month), 0) AS month, coalesce(sum(year), 0) AS year
        INTO found FROM ledger_eliminationleg WHERE elimination_id = NEW.id;
    IF found.legs <> NEW.leg_count THEN
        RAISE EXCEPTION 'elimination % has % legs instead of %', NEW.id, found.legs, NEW.leg_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_elimination_legs';
    END IF;
    IF found.start <> 0 OR found.month <> 0 OR found.year <> 0 THEN
        RAISE EXCEPTION 'elimination % does not balance', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_elimination_balanced';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_elimination_balanced AFTER INSERT ON ledger_elimination DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_elimination();

CREATE FUNCTION ledger_check_elimination_legs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    odd bigint;
BEGIN
    SELECT e.id INTO odd FROM ledger_elimination e
        JOIN (SELECT elimination_id, count(*) AS legs FROM ledger_eliminationleg
              WHERE elimination_id IN (SELECT elimination_id FROM new_legs) GROUP BY 1) x ON x.elimination_id = e.id
        WHERE x.legs > e.leg_count LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'elimination % is complete', odd
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_elimination_legs';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_eliminationleg_check AFTER INSERT ON ledger_eliminationleg REFERENCING NEW TABLE AS new_legs
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_elimination_legs();

CREATE FUNCTION ledger_decide_elimination() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'asked' OR NEW.state = 'asked'
       OR to_jsonb(NEW) - ARRAY['state', 'decided_at'] IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'decided_at'] THEN
        RAISE EXCEPTION 'an elimination is decided once and never changed: %', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_elimination_decided_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_elimination_decide BEFORE UPDATE ON ledger_elimination
    FOR EACH ROW EXECUTE FUNCTION ledger_decide_elimination();

CREATE FUNCTION ledger_keep_final() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state = 'final' AND to_jsonb(NEW) - 'is_current' IS DISTINCT FROM to_jsonb(OLD) - 'is_current' THEN
        RAISE EXCEPTION 'consolidation % is final', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_consolidation_final';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_consolidationrun_keep BEFORE UPDATE ON ledger_consolidationrun
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_final();
"""
DROP_GUARDS = """
DROP TRIGGER ledger_consolidationrun_keep ON ledger_consolidationrun;
DROP FUNCTION ledger_keep_final();
DROP TRIGGER ledger_elimination_decide ON ledger_elimination;
DROP FUNCTION ledger_decide_elimination();
DROP TRIGGER ledger_eliminationleg_check ON ledger_eliminationleg;
DROP FUNCTION ledger_check_elimination_legs();
DROP TRIGGER ledger_elimination_balanced ON ledger_elimination;
DROP FUNCTION ledger_check_elimination();
"""
_KEPT = """
CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
_DROP_KEPT = """
DROP TRIGGER {table}_refuse_truncate ON {table};
DROP TRIGGER {table}_refuse_delete ON {table};
"""
KEPT = ("ledger_consolidationmember", "ledger_consolidationrun", "ledger_pairmatch", "ledger_elimination")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_consolidation"), ("orm", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(GUARDS, DROP_GUARDS),
        *(migrations.RunSQL(_KEPT.format(table=table), _DROP_KEPT.format(table=table)) for table in KEPT),
        RefuseChange("ledger_consolidatedfigure"),
        RefuseChange("ledger_consolidatedcash"),
        RefuseChange("ledger_minorityinterest"),
        RefuseChange("ledger_eliminationleg"),
    ]
