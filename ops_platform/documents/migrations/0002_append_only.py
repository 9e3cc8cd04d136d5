"""What was attached is never changed; packed files are not packed again."""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange

# most contents are packed already (PDF, pictures, office files): trying to pack them again only costs time
STORE_AS_IT_IS = "ALTER TABLE documents_documentcontent ALTER COLUMN content SET STORAGE EXTERNAL;"
STORE_AS_USUAL = "ALTER TABLE documents_documentcontent ALTER COLUMN content SET STORAGE EXTENDED;"


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_documents"), ("orm", "0001_refuse_change")]
    operations = [
        migrations.RunSQL(STORE_AS_IT_IS, STORE_AS_USUAL),
        RefuseChange("documents_documentcontent"),
        RefuseChange("documents_document"),
    ]
