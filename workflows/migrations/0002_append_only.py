"""Versions and the record of acts are never changed."""

from django.db import migrations

from ops_platform.orm.operations import RefuseChange


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_initial"), ("orm", "0001_refuse_change")]
    operations = [RefuseChange("workflows_flowversion"), RefuseChange("workflows_act")]
