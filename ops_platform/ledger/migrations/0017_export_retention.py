"""Files of exports may be let go when they are older than a month; nothing else of an export is ever changed."""

from django.db import migrations

GUARD = """
DROP TRIGGER ledger_exportedcontent_refuse_change ON ledger_exportedcontent;
CREATE TRIGGER ledger_exportedcontent_refuse_change BEFORE UPDATE ON ledger_exportedcontent
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE FUNCTION ledger_keep_young_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_voucherexport e WHERE e.id = OLD.export_id AND e.made_at > now() - interval '30 days') THEN
        RAISE EXCEPTION 'the file of export % is younger than 30 days', OLD.export_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER ledger_exportedcontent_keep_young BEFORE DELETE ON ledger_exportedcontent
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_young_export();
"""
BACK = """
DROP TRIGGER ledger_exportedcontent_keep_young ON ledger_exportedcontent;
DROP FUNCTION ledger_keep_young_export();
DROP TRIGGER ledger_exportedcontent_refuse_change ON ledger_exportedcontent;
CREATE TRIGGER ledger_exportedcontent_refuse_change BEFORE UPDATE OR DELETE ON ledger_exportedcontent
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0016_outlook'),
    ]

    operations = [migrations.RunSQL(GUARD, BACK)]
