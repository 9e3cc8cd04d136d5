"""What odd input and direct SQL could still do to the books, refused by PostgreSQL.

- Amounts are numbers: NaN equals itself, so it passed every comparison of sums. Legs are at most 1,000,000,000,000.00
  (`engine.entry.LARGEST`), so that no single amount fills a balance up to its column's end.
- A reversal is the exact red mirror of an entry of the same institution that is no reversal itself.
- Only December is carried forward; an opening lies on the day before the first month, and only its reversal may lie there,
  too; no entry lies more than 31 days ahead of the database's clock.
- A leg says every dimension that its account requires.
- An account that was ever used keeps its code, kind, side, book and institution: balances are read by them.
"""

import re
from decimal import Decimal
from importlib import import_module

from django.db import migrations, models

LEG, COLUMN = Decimal("1000000000000.00"), Decimal("9999999999999999.99")


def numbers(model: str, name: str, *columns: str, largest: Decimal = COLUMN) -> migrations.AddConstraint:
    within = models.Q()
    for column in columns:
        within &= models.Q(**{f"{column}__gte": -largest, f"{column}__lte": largest})
    return migrations.AddConstraint(model, models.CheckConstraint(condition=within, name=name))


def as_before(sql: str, *names: str) -> str:
    """Functions of an earlier migration, put back in place of what stands there now."""
    functions = re.findall(r"CREATE FUNCTION (\w+)(.*?\$\$;)", sql, re.DOTALL)
    return "\n".join(f"CREATE OR REPLACE FUNCTION {name}{rest}" for name, rest in functions if name in names)


GUARDS = import_module("ops_platform.ledger.migrations.0002_guards")

ENTRIES = """
CREATE OR REPLACE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    start text;
    month_state text;
    of_opening boolean;
BEGIN
    IF to_char(NEW.day, 'YYYY-MM') <> NEW.period THEN
        RAISE EXCEPTION 'entry of % in period %', NEW.day, NEW.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_of_its_day';
    END IF;
    IF NEW.day > current_date + 31 THEN
        RAISE EXCEPTION 'entry of %, which lies ahead', NEW.day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_not_ahead';
    END IF;
    IF NEW.kind = 'carry_forward' AND right(NEW.period, 2) <> '12' THEN
        RAISE EXCEPTION 'a year is carried forward in December, not in %', NEW.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_carry_in_december';
    END IF;
    SELECT first_period INTO start FROM masterdata_institution WHERE id = NEW.institution_id;
    of_opening := NEW.kind = 'opening' OR coalesce(
        (SELECT kind = 'opening' FROM ledger_entry WHERE id = NEW.reverses_id), false);
    IF (NEW.kind = 'opening' AND NEW.day <> (start || '-01')::date - 1) OR (NEW.period < start AND NOT of_opening) THEN
        RAISE EXCEPTION '% entry of %, books begin %', NEW.kind, NEW.day, start
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

CREATE OR REPLACE FUNCTION ledger_check_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
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
    IF NEW.reverses_id IS NOT NULL AND NOT ledger_is_mirror(NEW.id) THEN
        RAISE EXCEPTION 'entry % is not the red mirror of entry %', NEW.id, NEW.reverses_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_reversal_mirrors';
    END IF;
    RETURN NULL;
END
$$;
"""
# Before the trigger that calls it.
MIRROR = """
CREATE FUNCTION ledger_is_mirror(reversal bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT o.institution_id = e.institution_id AND o.kind <> 'reversal' AND o.leg_count = e.leg_count
           AND NOT EXISTS (
               SELECT FROM ledger_leg l WHERE l.entry_id = e.id AND NOT EXISTS (
                   SELECT FROM ledger_leg m
                   WHERE m.entry_id = o.id AND m.position = l.position AND m.account_id = l.account_id
                         AND m.dimension_id = l.dimension_id AND m.book = l.book
                         AND m.debit = -l.debit AND m.credit = -l.credit))
    FROM ledger_entry e JOIN ledger_entry o ON o.id = e.reverses_id WHERE e.id = reversal
$$;
"""
DROP_MIRROR = "DROP FUNCTION ledger_is_mirror(bigint);"

# As in 0002, with all dimensions in place of the counterparty. A reversal says what its original said.
LEGS = as_before(GUARDS.LEGS, "ledger_take_legs")
_COUNTERPARTY = "OR ('counterparty' = ANY (a.required) AND d.counterparty_id IS NULL)"
_REQUIRED = """OR (e.kind <> 'reversal' AND EXISTS (
                  SELECT FROM unnest(a.required) AS r (name) WHERE CASE r.name
                      WHEN 'department' THEN d.department_id IS NULL
                      WHEN 'counterparty' THEN d.counterparty_id IS NULL
                      WHEN 'project' THEN d.project = ''
                      WHEN 'purpose' THEN d.purpose = ''
                      WHEN 'insurer' THEN d.insurer = ''
                      WHEN 'scheme' THEN d.scheme = ''
                      WHEN 'fund_type' THEN d.fund_type = ''
                      WHEN 'cost_item' THEN d.cost_item = ''
                      WHEN 'funding_source' THEN d.funding_source = ''
                      ELSE false END))"""

ACCOUNTS = """
CREATE FUNCTION ledger_keep_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.code, NEW.kind, NEW.side, NEW.book, NEW.institution_id)
       IS DISTINCT FROM (OLD.code, OLD.kind, OLD.side, OLD.book, OLD.institution_id)
       AND EXISTS (SELECT FROM ledger_runningbalance WHERE account_id = OLD.id) THEN
        RAISE EXCEPTION 'account % is in use', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_account_in_use';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_account_keep BEFORE UPDATE ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_keep_account();
"""
DROP_ACCOUNTS = """
DROP TRIGGER ledger_account_keep ON ledger_account;
DROP FUNCTION ledger_keep_account();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_voucher_rules_drafts")]
    operations = [
        numbers("leg", "leg_amounts", "debit", "credit", largest=LEG),
        numbers("pendingleg", "pending_leg_amounts", "debit", "credit", largest=LEG),
        numbers("eliminationleg", "elimination_leg_amounts", "start", "month", "year"),
        numbers("consolidationrun", "consolidation_run_amounts", "tolerance"),
        numbers("consolidatedfigure", "consolidated_figure_amounts", "start", "month", "year"),
        numbers("consolidatedcash", "consolidated_cash_amounts", "month", "year"),
        numbers(
            "minorityinterest",
            "minority_interest_amounts",
            "net_assets_start",
            "net_assets",
            "surplus_month",
            "surplus_year",
        ),
        migrations.RunSQL(MIRROR, DROP_MIRROR),
        migrations.RunSQL(ENTRIES, as_before(GUARDS.ENTRIES, "ledger_check_entry", "ledger_check_balanced")),
        migrations.RunSQL(LEGS.replace(_COUNTERPARTY, _REQUIRED), LEGS),
        migrations.RunSQL(ACCOUNTS, DROP_ACCOUNTS),
    ]
