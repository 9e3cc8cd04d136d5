"""Versions of the rules are never changed; a booking of an event ends once, by the reversal of its entry."""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange

BOOKINGS = """
CREATE FUNCTION ledger_check_event_booking() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    taken_back bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT reverses_id INTO taken_back FROM ledger_entry WHERE id = NEW.reversal_id;
        IF NOT OLD.is_current OR NEW.is_current OR taken_back IS DISTINCT FROM OLD.entry_id
           OR to_jsonb(NEW) - ARRAY['is_current', 'reversal_id']
              IS DISTINCT FROM to_jsonb(OLD) - ARRAY['is_current', 'reversal_id'] THEN
            RAISE EXCEPTION 'a booking of an event ends once, by the reversal of its entry: %', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_event_booking_ends_once';
        END IF;
    ELSIF NOT EXISTS (SELECT FROM ledger_entry e WHERE e.id = NEW.entry_id AND e.institution_id = NEW.institution_id
                                                       AND e.period = NEW.period AND e.source = NEW.event_type) THEN
        RAISE EXCEPTION 'entry % is not of event % %', NEW.entry_id, NEW.event_type, NEW.event_key
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_event_booking_of_its_entry';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_eventbooking_check BEFORE INSERT OR UPDATE ON ledger_eventbooking
    FOR EACH ROW EXECUTE FUNCTION ledger_check_event_booking();
CREATE TRIGGER ledger_eventbooking_refuse_delete BEFORE DELETE ON ledger_eventbooking
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER ledger_eventbooking_refuse_truncate BEFORE TRUNCATE ON ledger_eventbooking
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
DROP_BOOKINGS = """
DROP TRIGGER ledger_eventbooking_refuse_truncate ON ledger_eventbooking;
DROP TRIGGER ledger_eventbooking_refuse_delete ON ledger_eventbooking;
DROP TRIGGER ledger_eventbooking_check ON ledger_eventbooking;
DROP FUNCTION ledger_check_event_booking();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_vouchers_from_events"), ("orm", "0001_refuse_change")]
    operations = [RefuseChange("ledger_voucherrules"), migrations.RunSQL(BOOKINGS, DROP_BOOKINGS)]
