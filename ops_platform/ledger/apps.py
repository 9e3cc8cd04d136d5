"""Set-up of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ops_platform.ledger"
    label = "ledger"
    verbose_name = "账务"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.ledger import approval, event_integrity, integrity, nightly, reference
        from ops_platform.ledger.services.events import closing_blockers
        from ops_platform.masterdata.closing import register_closing_check
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.nightly.public import register_step
        from workflows.public import register_subject

        register_actions(
            ledger__opening_booked="录入期初余额",
            ledger__year_carried="年末结转",
            ledger__events_booked="业务生成凭证",
            ledger__voucher_rules_changed="修改凭证规则",
            ledger__vouchers_exported="导出凭证",
            ledger__export_template_added="新增凭证导出模板",
        )
        register_check("ledger.balances", "账簿余额", integrity.balances)
        register_check("ledger.chain", "凭证链", integrity.chain)
        register_check("ledger.events", "业务凭证 = 业务数据", event_integrity.charge_income)
        register_reference("accounts", reference.load_accounts)
        register_reference("voucher_rules", reference.load_voucher_rules)
        register_reference("export_templates", reference.load_export_templates)
        register_closing_check("ledger.events", closing_blockers)
        register_subject(approval.VOUCHER_RULES)
        register_step(nightly.VOUCHERS)
        self._register_events()

    def _register_events(self) -> None:
        from ops_platform.ledger import intake_events as intake
        from ops_platform.ledger.events import register_event_type

        register_event_type(intake.CHARGE_INCOME_FORM, load=intake.charge_income_days, stamp=intake.charge_stamp)
        register_event_type(
            intake.COST_FORM, load=intake.cost_vouchers, stamp=intake.stamp_of("cost-entries", "departments")
        )
        register_event_type(intake.INCOME_FORM, load=intake.income_vouchers, stamp=intake.stamp_of("income-entries"))
