"""A consolidation is made final by somebody who neither made it nor explained any of its differences."""

from django.db import migrations

_CHECK = """
CREATE OR REPLACE FUNCTION ledger_check_final() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
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
    END IF;{more}
    RETURN NEW;
END
$$;
"""
_ANOTHER = """
    IF OLD.state <> 'final' AND (NEW.finalised_by IN ('', NEW.actor) OR EXISTS (
            SELECT FROM ledger_pairmatch WHERE run_id = NEW.id AND explained_by = NEW.finalised_by)) THEN
        RAISE EXCEPTION 'consolidation % is made final by somebody who made it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_final_by_another';
    END IF;"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0014_long_work")]
    operations = [migrations.RunSQL(_CHECK.replace("{more}", _ANOTHER), _CHECK.replace("{more}", ""))]
