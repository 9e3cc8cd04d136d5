"""Migration operations that put invariants into PostgreSQL."""

from django.db.migrations.operations.special import RunSQL

_REFUSE = """
CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ops_refuse_change();
CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change();
"""
_ALLOW = """
DROP TRIGGER {table}_refuse_change ON {table};
DROP TRIGGER {table}_refuse_truncate ON {table};
"""


class RefuseChange(RunSQL):
    """UPDATE, DELETE and TRUNCATE of the table raise an error, for every role.

    Own triggers and not pgtrigger's: those can be switched off by a session variable that any role may set
    (docs/decisions/0005-append-only.md).
    """

    def __init__(self, table: str) -> None:
        super().__init__(_REFUSE.format(table=table), _ALLOW.format(table=table))
        self.table = table

    def deconstruct(self) -> tuple[str, list[str], dict[str, object]]:
        return type(self).__name__, [self.table], {}
