"""What of a difference is settled by hand, as an amount; what is final stays the report of its month.

- A run becomes final only when none of its pairs is left different, and is never born final.
- What was found of a final run's pairs is neither added to nor changed.
- A month that has a final run has a final one as its current: a newer draft waits beside it until it is final itself.
"""

from decimal import Decimal

from django.db import migrations, models

import ops_platform.orm.fields

COLUMN = Decimal("9999999999999999.99")
AMOUNTS = ("claim", "debt", "difference", "month_claim", "month_debt", "eliminated", "by_hand")


def within() -> models.Q:
    found = models.Q()
    for column in AMOUNTS:
        found &= models.Q(**{f"{column}__gte": -COLUMN, f"{column}__lte": COLUMN})
    return found


FINAL_ONES_CURRENT = """
WITH last_final AS (
    SELECT DISTINCT ON (period) id, period FROM ledger_consolidationrun WHERE state = 'final' ORDER BY period, version DESC)
UPDATE ledger_consolidationrun r SET is_current = false FROM last_final f
    WHERE r.period = f.period AND r.is_current AND r.state = 'draft';
WITH last_final AS (
    SELECT DISTINCT ON (period) id, period FROM ledger_consolidationrun WHERE state = 'final' ORDER BY period, version DESC)
UPDATE ledger_consolidationrun r SET is_current = true FROM last_final f
    WHERE r.id = f.id AND NOT r.is_current
          AND NOT EXISTS (SELECT FROM ledger_consolidationrun c WHERE c.period = f.period AND c.is_current);
SET CONSTRAINTS ALL IMMEDIATE;
"""

FINAL = """
CREATE FUNCTION ledger_check_final() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'final' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'a consolidation is born as a draft'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_born_a_draft';
    END IF;
    IF OLD.state <> 'final' AND EXISTS (SELECT FROM ledger_pairmatch WHERE run_id = NEW.id AND state = 'different') THEN
        RAISE EXCEPTION 'consolidation % has differences that nobody explained', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_final_without_differences';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_consolidationrun_final BEFORE INSERT OR UPDATE ON ledger_consolidationrun
    FOR EACH ROW EXECUTE FUNCTION ledger_check_final();

CREATE FUNCTION ledger_check_pair() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- waits for whoever makes the run final
    PERFORM FROM ledger_consolidationrun WHERE id = NEW.run_id AND state = 'final' FOR SHARE;
    IF FOUND THEN
        RAISE EXCEPTION 'consolidation % is final', NEW.run_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_consolidation_final';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_pairmatch_keep BEFORE INSERT OR UPDATE ON ledger_pairmatch
    FOR EACH ROW EXECUTE FUNCTION ledger_check_pair();

CREATE FUNCTION ledger_check_current() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_consolidationrun WHERE period = NEW.period AND state = 'final')
       AND NOT EXISTS (SELECT FROM ledger_consolidationrun WHERE period = NEW.period AND state = 'final' AND is_current) THEN
        RAISE EXCEPTION 'the final consolidation of % stays current', NEW.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_final_stays_current';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_consolidationrun_current AFTER INSERT OR UPDATE ON ledger_consolidationrun
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_current();
"""
DROP_FINAL = """
DROP TRIGGER ledger_consolidationrun_current ON ledger_consolidationrun;
DROP FUNCTION ledger_check_current();
DROP TRIGGER ledger_pairmatch_keep ON ledger_pairmatch;
DROP FUNCTION ledger_check_pair();
DROP TRIGGER ledger_consolidationrun_final ON ledger_consolidationrun;
DROP FUNCTION ledger_check_final();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_stricter_guards")]
    operations = [
        migrations.AddField(
            model_name="pairmatch",
            name="by_hand",
            field=ops_platform.orm.fields.MoneyField(decimal_places=2, default=Decimal("0"), max_digits=18),
        ),
        migrations.AddConstraint(
            model_name="pairmatch",
            constraint=models.CheckConstraint(condition=within(), name="pair_match_amounts"),
        ),
        migrations.RunSQL(FINAL_ONES_CURRENT, migrations.RunSQL.noop),
        migrations.RunSQL(FINAL, DROP_FINAL),
    ]
