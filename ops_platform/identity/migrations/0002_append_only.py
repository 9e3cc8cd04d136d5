"""What was recorded is never changed."""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial"), ("orm", "0001_refuse_change")]
    operations = [RefuseChange("identity_accesslog")]
