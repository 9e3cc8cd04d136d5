"""What must never be false of the books, kept by PostgreSQL itself.

- A closed month takes no entry; an entry's month is that of its day; only an opening lies before an institution's first month.
- At commit an entry has exactly the legs it says, two at least, and balances in each book. Legs cannot be added later.
- Entries and legs are never changed or removed. A pending entry is resolved once and changed in nothing else.
- Balances are written by these triggers, as the owner: the application has no right to write them.
- An account with a floor is never overdrawn, whatever writes at the same time.
"""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange

ENTRIES = """
CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    start text;
    month_state text;
BEGIN
    IF to_char(NEW.day, 'YYYY-MM') <> NEW.period THEN
        RAISE EXCEPTION 'entry of % in period %', NEW.day, NEW.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_of_its_day';
    END IF;
    SELECT first_period INTO start FROM masterdata_institution WHERE id = NEW.institution_id;
    IF (NEW.kind = 'opening') <> (NEW.period < start)
       AND NOT (NEW.kind = 'reversal' AND NEW.period < start) THEN
        RAISE EXCEPTION 'period % of a % entry, books begin %', NEW.period, NEW.kind, start
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_opening_before_first_period';
    END IF;
    -- waits for whoever is closing the month, not for whoever takes in facts
    SELECT state INTO month_state FROM masterdata_accountingperiod
        WHERE institution_id = NEW.institution_id AND period = greatest(NEW.period, start) FOR KEY SHARE;
    IF month_state = 'closed' THEN
        RAISE EXCEPTION 'period % is closed', NEW.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_open';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_entry_check BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_check_entry();

CREATE FUNCTION ledger_check_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    legs bigint;
    uneven text;
BEGIN
    SELECT count(*) INTO legs FROM ledger_leg WHERE entry_id = NEW.id;
    IF legs <> NEW.leg_count THEN
        RAISE EXCEPTION 'entry % has % legs instead of %', NEW.id, legs, NEW.leg_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_leg_count';
    END IF;
    SELECT book INTO uneven FROM ledger_leg WHERE entry_id = NEW.id GROUP BY book HAVING sum(debit) <> sum(credit) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not balance in its % book', NEW.id, uneven
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_balanced();
"""
DROP_ENTRIES = """
DROP TRIGGER ledger_entry_balanced ON ledger_entry;
DROP TRIGGER ledger_entry_check ON ledger_entry;
DROP FUNCTION ledger_check_balanced();
DROP FUNCTION ledger_check_entry();
"""

FLOORS = """
CREATE FUNCTION ledger_refuse_overdraft(institutions bigint[], accounts bigint[], dimensions bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    short record;
BEGIN
    SELECT a.code, b.dimension_id, CASE a.side WHEN 'debit' THEN b.debit - b.credit - b.held_credit
                                              ELSE b.credit - b.debit - b.held_debit END AS left_over
        INTO short
        FROM unnest(institutions, accounts, dimensions) AS t (institution, account, dimension)
        JOIN ledger_floor f ON f.institution_id = t.institution AND f.account_id = t.account
        JOIN ledger_account a ON a.id = t.account
        JOIN ledger_runningbalance b
             ON b.institution_id = t.institution AND b.account_id = t.account AND b.dimension_id = t.dimension
        WHERE CASE a.side WHEN 'debit' THEN b.debit - b.credit - b.held_credit
                          ELSE b.credit - b.debit - b.held_debit END < 0
        ORDER BY a.code, b.dimension_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'account % would be overdrawn by %', short.code, -short.left_over
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_no_overdraft',
                  DETAIL = short.code || ' ' || short.dimension_id || ' ' || short.left_over;
    END IF;
END
$$;

CREATE FUNCTION ledger_check_floor() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    dimensions bigint[];
BEGIN
    -- nobody who does not know of the floor yet may be in the midst of writing
    LOCK TABLE ledger_runningbalance IN SHARE MODE;
    SELECT array_agg(dimension_id) INTO dimensions FROM ledger_runningbalance
        WHERE institution_id = NEW.institution_id AND account_id = NEW.account_id;
    IF dimensions IS NOT NULL THEN
        PERFORM ledger_refuse_overdraft(array_fill(NEW.institution_id, ARRAY[cardinality(dimensions)]),
                                        array_fill(NEW.account_id, ARRAY[cardinality(dimensions)]), dimensions);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_floor_check AFTER INSERT ON ledger_floor FOR EACH ROW EXECUTE FUNCTION ledger_check_floor();
"""
DROP_FLOORS = """
DROP TRIGGER ledger_floor_check ON ledger_floor;
DROP FUNCTION ledger_check_floor();
DROP FUNCTION ledger_refuse_overdraft(bigint[], bigint[], bigint[]);
"""

LEGS = """
CREATE FUNCTION ledger_take_legs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    odd record;
    institutions bigint[];
    accounts bigint[];
    dimensions bigint[];
BEGIN
    SELECT l.entry_id, l.position, a.code INTO odd
        FROM new_legs l
        JOIN ledger_entry e ON e.id = l.entry_id
        JOIN ledger_account a ON a.id = l.account_id
        JOIN ledger_dimension d ON d.id = l.dimension_id
        WHERE l.institution_id <> e.institution_id OR l.period <> e.period OR l.book <> a.book OR NOT a.leaf
              OR a.institution_id <> l.institution_id
              OR (a.closed_on <= e.day AND e.kind <> 'reversal')
              OR (e.kind <> 'reversal' AND EXISTS (
                  SELECT FROM ledger_account c WHERE c.parent_id = a.id AND c.institution_id = l.institution_id))
              OR ('counterparty' = ANY (a.required) AND d.counterparty_id IS NULL)
              OR d.counterparty_id = l.institution_id
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leg % of entry % may not stand on account %', odd.position, odd.entry_id, odd.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_leg_fits';
    END IF;
    SELECT e.id INTO odd FROM ledger_entry e
        WHERE e.id IN (SELECT entry_id FROM new_legs)
              AND (SELECT count(*) FROM ledger_leg x WHERE x.entry_id = e.id) > e.leg_count
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % is complete', odd.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_leg_count';
    END IF;

    INSERT INTO ledger_periodbalance AS b
        (institution_id, account_id, dimension_id, period, debit, credit, carried_debit, carried_credit)
        SELECT l.institution_id, l.account_id, l.dimension_id, l.period, sum(l.debit), sum(l.credit),
               coalesce(sum(l.debit) FILTER (WHERE carrying), 0), coalesce(sum(l.credit) FILTER (WHERE carrying), 0)
            FROM new_legs l
            JOIN ledger_entry e ON e.id = l.entry_id
            LEFT JOIN ledger_entry o ON o.id = e.reverses_id
            CROSS JOIN LATERAL (SELECT 'carry_forward' IN (e.kind, o.kind)) AS c (carrying)
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (institution_id, account_id, dimension_id, period) DO UPDATE SET
            debit = b.debit + excluded.debit, credit = b.credit + excluded.credit,
            carried_debit = b.carried_debit + excluded.carried_debit,
            carried_credit = b.carried_credit + excluded.carried_credit;

    WITH touched AS (
        INSERT INTO ledger_runningbalance AS b
            (institution_id, account_id, dimension_id, debit, credit, held_debit, held_credit)
            SELECT l.institution_id, l.account_id, l.dimension_id, sum(l.debit), sum(l.credit), 0, 0
                FROM new_legs l GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (institution_id, account_id, dimension_id) DO UPDATE SET
                debit = b.debit + excluded.debit, credit = b.credit + excluded.credit
            RETURNING b.institution_id, b.account_id, b.dimension_id)
        SELECT array_agg(institution_id), array_agg(account_id), array_agg(dimension_id)
            INTO institutions, accounts, dimensions FROM touched;
    PERFORM ledger_refuse_overdraft(institutions, accounts, dimensions);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_leg_take AFTER INSERT ON ledger_leg REFERENCING NEW TABLE AS new_legs
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_take_legs();
"""
DROP_LEGS = """
DROP TRIGGER ledger_leg_take ON ledger_leg;
DROP FUNCTION ledger_take_legs();
"""

PENDING = """
CREATE FUNCTION ledger_check_pending_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    legs bigint;
    uneven text;
BEGIN
    SELECT count(*) INTO legs FROM ledger_pendingleg WHERE pending_id = NEW.id;
    IF legs <> NEW.leg_count THEN
        RAISE EXCEPTION 'pending entry % has % legs instead of %', NEW.id, legs, NEW.leg_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_leg_count';
    END IF;
    SELECT a.book INTO uneven FROM ledger_pendingleg l JOIN ledger_account a ON a.id = l.account_id
        WHERE l.pending_id = NEW.id GROUP BY a.book HAVING sum(l.debit) <> sum(l.credit) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'pending entry % does not balance in its % book', NEW.id, uneven
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_pending_balanced AFTER INSERT ON ledger_pendingentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_pending_balanced();

CREATE FUNCTION ledger_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    odd bigint;
    institutions bigint[];
    accounts bigint[];
    dimensions bigint[];
BEGIN
    SELECT p.id INTO odd FROM ledger_pendingentry p
        WHERE p.id IN (SELECT pending_id FROM new_legs)
              AND (p.state <> 'pending'
                   OR (SELECT count(*) FROM ledger_pendingleg x WHERE x.pending_id = p.id) > p.leg_count)
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'pending entry % is complete', odd
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_leg_count';
    END IF;
    WITH touched AS (
        INSERT INTO ledger_runningbalance AS b
            (institution_id, account_id, dimension_id, debit, credit, held_debit, held_credit)
            SELECT p.institution_id, l.account_id, l.dimension_id, 0, 0,
                   sum(greatest(l.debit, 0) + greatest(-l.credit, 0)), sum(greatest(l.credit, 0) + greatest(-l.debit, 0))
                FROM new_legs l JOIN ledger_pendingentry p ON p.id = l.pending_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (institution_id, account_id, dimension_id) DO UPDATE SET
                held_debit = b.held_debit + excluded.held_debit, held_credit = b.held_credit + excluded.held_credit
            RETURNING b.institution_id, b.account_id, b.dimension_id)
        SELECT array_agg(institution_id), array_agg(account_id), array_agg(dimension_id)
            INTO institutions, accounts, dimensions FROM touched;
    PERFORM ledger_refuse_overdraft(institutions, accounts, dimensions);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_pendingleg_hold AFTER INSERT ON ledger_pendingleg REFERENCING NEW TABLE AS new_legs
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_hold();

CREATE FUNCTION ledger_resolve() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'pending' OR NEW.state = 'pending'
       OR to_jsonb(NEW) - ARRAY['state', 'entry_id', 'resolved_at', 'resolved_by', 'remark']
          IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'entry_id', 'resolved_at', 'resolved_by', 'remark'] THEN
        RAISE EXCEPTION 'a pending entry is resolved once and never changed: %', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_resolved_once';
    END IF;
    UPDATE ledger_runningbalance b SET held_debit = b.held_debit - h.held_debit, held_credit = b.held_credit - h.held_credit
        FROM (SELECT l.account_id, l.dimension_id, sum(greatest(l.debit, 0) + greatest(-l.credit, 0)) AS held_debit,
                     sum(greatest(l.credit, 0) + greatest(-l.debit, 0)) AS held_credit
                FROM ledger_pendingleg l WHERE l.pending_id = NEW.id GROUP BY 1, 2) h
        WHERE b.institution_id = NEW.institution_id AND b.account_id = h.account_id AND b.dimension_id = h.dimension_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_pendingentry_resolve BEFORE UPDATE ON ledger_pendingentry
    FOR EACH ROW EXECUTE FUNCTION ledger_resolve();
CREATE TRIGGER ledger_pendingentry_refuse_delete BEFORE DELETE ON ledger_pendingentry
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER ledger_pendingentry_refuse_truncate BEFORE TRUNCATE ON ledger_pendingentry
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
DROP_PENDING = """
DROP TRIGGER ledger_pendingentry_refuse_truncate ON ledger_pendingentry;
DROP TRIGGER ledger_pendingentry_refuse_delete ON ledger_pendingentry;
DROP TRIGGER ledger_pendingentry_resolve ON ledger_pendingentry;
DROP FUNCTION ledger_resolve();
DROP TRIGGER ledger_pendingleg_hold ON ledger_pendingleg;
DROP FUNCTION ledger_hold();
DROP TRIGGER ledger_pending_balanced ON ledger_pendingentry;
DROP FUNCTION ledger_check_pending_balanced();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("orm", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(ENTRIES, DROP_ENTRIES),
        migrations.RunSQL(FLOORS, DROP_FLOORS),
        migrations.RunSQL(LEGS, DROP_LEGS),
        migrations.RunSQL(PENDING, DROP_PENDING),
        RefuseChange("ledger_entry"),
        RefuseChange("ledger_leg"),
        RefuseChange("ledger_pendingleg"),
        RefuseChange("ledger_dimension"),
    ]
