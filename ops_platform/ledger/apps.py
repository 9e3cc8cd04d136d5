"""Set-up of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ops_platform.ledger"
    label = "ledger"
    verbose_name = "账务"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.ledger import integrity, reference
        from ops_platform.masterdata.reference import register_reference

        register_actions(
            ledger__opening_booked="录入期初余额",
            ledger__year_carried="年末结转",
        )
        register_check("ledger.balances", "账簿余额", integrity.balances)
        register_check("ledger.chain", "凭证链", integrity.chain)
        register_reference("accounts", reference.load_accounts)
