"""Reading as of a sequence by index, and two senders that bring the first lines of a month at the same moment."""

from django.db import migrations

INDEX = """
CREATE INDEX fact_charge_line_superseded ON his_intake_chargeline (institution_id, encounter)
    WHERE superseded_sequence IS NOT NULL;
"""
# The table's lock instead of an advisory one: waiting for it lets the second session see what the first has committed.
ENSURE = """
CREATE OR REPLACE FUNCTION his_intake_ensure_month(wanted date) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_day date := date_trunc('month', wanted)::date;
    name text := 'his_intake_chargeline_' || to_char(wanted, 'YYYYMM');
BEGIN
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    LOCK TABLE public.his_intake_chargeline IN SHARE UPDATE EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM pg_class WHERE relname = name AND relnamespace = 'public'::regnamespace) THEN
        RETURN;
    END IF;
    -- made apart and then attached: that does not lock readers and writers of the other months
    EXECUTE format('CREATE TABLE public.%I (LIKE public.his_intake_chargeline INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE public.his_intake_chargeline ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   name, first_day, (first_day + interval '1 month')::date);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("his_intake", "0003_lines_by_batch")]
    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX fact_charge_line_superseded"),
        migrations.RunSQL(ENSURE, migrations.RunSQL.noop),
    ]
