"""Set-up of the ledger."""

from django.apps import AppConfig
from django.utils.functional import Promise

from ops_platform.kernel import Role


class LedgerConfig(AppConfig):
    name = "ops_platform.ledger"
    label = "ledger"
    verbose_name = "账务"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.documents.public import register_owner
        from ops_platform.his_intake.public import register_rule
        from ops_platform.ledger import closing, consolidation_integrity, event_integrity, integrity, nightly, reference
        from ops_platform.ledger.approval.consolidations import CONSOLIDATION
        from ops_platform.ledger.approval.eliminations import ELIMINATION
        from ops_platform.ledger.approval.voucher_rules import VOUCHER_RULES
        from ops_platform.ledger.approval.vouchers import VOUCHER
        from ops_platform.ledger.findings import GAP, UNMAPPED_ACCOUNT
        from ops_platform.ledger.selectors.access import may_see_voucher
        from ops_platform.masterdata.closing import register_closing_check
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.nightly.public import register_step
        from workflows.public import register_subject

        register_actions(
            ledger__opening_booked="录入期初余额",
            ledger__year_carried="年末结转",
            ledger__account_added="自设明细科目",
            ledger__account_closed="停用自设科目",
            ledger__overdraft_forbidden="设置科目不得透支",
            ledger__local_accounts_mapped="对应本地科目",
            ledger__books_mode_set="设置记账方式",
            ledger__consolidated="合并报表",
            ledger__difference_explained="说明内部往来差异",
            ledger__consolidation_final_asked="提请合并报表定稿",
            ledger__consolidation_final="合并报表定稿",
            ledger__member_included="纳入合并范围",
            ledger__member_ended="退出合并范围",
            ledger__elimination_asked="提出手工抵销",
            ledger__events_booked="业务生成凭证",
            ledger__voucher_rules_changed="修改凭证规则",
            ledger__vouchers_exported="导出凭证",
            ledger__export_files_let_go="清理过期的凭证导出文件",
            ledger__export_template_added="新增凭证导出模板",
            ledger__voucher_made="手工凭证制单",
            ledger__voucher_changed="修改手工凭证",
        )
        register_check("ledger.balances", "账簿余额", integrity.balances)
        register_check("ledger.chain", "凭证链", integrity.chain)
        register_check("ledger.events", "业务凭证 = 业务数据", event_integrity.charge_income)
        register_check("ledger.consolidation", "合并守恒", consolidation_integrity.consolidations)
        register_rule(UNMAPPED_ACCOUNT)
        register_rule(GAP)
        register_closing_check("ledger", closing.blockers)
        register_closing_check("ledger.events", closing.events_to_book)
        register_closing_check("ledger.year", closing.year_to_carry)
        register_reference("accounts", reference.load_accounts)
        register_reference("voucher_rules", reference.load_voucher_rules)
        register_reference("export_templates", reference.load_export_templates)
        register_owner(VOUCHER.code, may_see_voucher)
        register_subject(VOUCHER)
        register_subject(VOUCHER_RULES)
        register_subject(ELIMINATION)
        register_subject(CONSOLIDATION)
        register_step(nightly.VOUCHERS)
        register_step(nightly.CONSOLIDATION)
        self._register_events()
        self._name_sources()
        self._announce_pages()

    def _register_events(self) -> None:
        from ops_platform.ledger import event_facts
        from ops_platform.ledger import intake_events as intake
        from ops_platform.ledger.events import register_event_type

        register_event_type(
            intake.CHARGE_INCOME_FORM,
            load=intake.charge_income_days,
            one=intake.charge_income_day,
            stamp=intake.charge_stamp,
            link=event_facts.link_of(intake.CHARGE_INCOME),
        )
        register_event_type(
            intake.COST_FORM,
            load=intake.cost_vouchers,
            one=intake.cost_voucher,
            stamp=intake.stamp_of("cost-entries", "departments"),
            link=event_facts.link_of(intake.COST_VOUCHER),
        )
        register_event_type(
            intake.INCOME_FORM,
            load=intake.income_vouchers,
            one=intake.income_voucher,
            stamp=intake.stamp_of("income-entries"),
            link=event_facts.link_of(intake.INCOME_VOUCHER),
        )

    def _name_sources(self) -> None:
        from django.urls import reverse

        from ops_platform.ledger.sources import register_source

        register_source("ledger.voucher", "手工凭证", lambda document: reverse("ledger:voucher", args=[document]))
        register_source("ledger.opening", "期初余额")
        register_source("ledger.carry-forward", "年末结转")

    def _announce_pages(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from ops_platform.ledger.selectors import access, local_accounts
        from ops_platform.web import navigation

        def page(title: Promise, name: str, *, icon: str, order: int, roles: tuple[Role, ...] = access.READERS) -> None:
            navigation.register("账务", title, name, icon=icon, roles=roles, order=order)

        page(_("凭证查询"), "ledger:journal", icon="book-2", order=10)
        page(_("业务事项"), "ledger:events", icon="receipt", order=5)
        page(_("手工凭证"), "ledger:vouchers", icon="pencil", order=20)
        page(_("待记账凭证"), "ledger:pending", icon="clock", order=30)
        page(_("不得透支的科目"), "ledger:floors", icon="lock", order=31)
        page(_("科目余额表"), "ledger:trial-balance", icon="scale", order=40)
        page(_("机构报表"), "ledger:statements", icon="report-money", order=50)
        page(_("收支日报"), "ledger:day-sheet", icon="calendar", order=51)
        page(_("财政季报"), "ledger:fiscal-report", icon="file-spreadsheet", order=52)
        page(_("医保月报"), "ledger:insurer-report", icon="report-money", order=52)
        page(_("合并报表"), "ledger:consolidation", icon="sitemap", order=53, roles=access.WHOLE_READERS)
        page(_("凭证导出"), "ledger:exports", icon="file-export", order=55)
        page(_("科目对应"), "ledger:local-accounts", icon="arrows-exchange", order=60, roles=local_accounts.READERS)
        page(_("外部账对照"), "ledger:trial-balances", icon="checklist", order=70, roles=local_accounts.READERS)
        page(_("凭证规则"), "ledger:voucher-rules", icon="list-check", order=80)
        page(_("会计科目表"), "ledger:chart", icon="list-tree", order=90)
