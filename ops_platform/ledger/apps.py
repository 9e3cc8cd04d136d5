"""Set-up of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ops_platform.ledger"
    label = "ledger"
    verbose_name = "账务"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.his_intake.public import register_rule
        from ops_platform.ledger import integrity, reference
        from ops_platform.ledger.findings import UNMAPPED_ACCOUNT
        from ops_platform.masterdata.reference import register_reference

        register_actions(
            ledger__opening_booked="录入期初余额",
            ledger__year_carried="年末结转",
            ledger__local_accounts_mapped="对应本地科目",
            ledger__books_mode_set="设置记账方式",
        )
        register_check("ledger.balances", "账簿余额", integrity.balances)
        register_check("ledger.chain", "凭证链", integrity.chain)
        register_rule(UNMAPPED_ACCOUNT)
        register_reference("accounts", reference.load_accounts)
