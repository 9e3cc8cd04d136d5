"""Set-up of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ops_platform.ledger"
    label = "ledger"
    verbose_name = "账务"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.ledger import approval, consolidation_integrity, integrity, nightly, reference
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.nightly.public import register_step
        from workflows.public import register_subject

        register_actions(
            ledger__opening_booked="录入期初余额",
            ledger__year_carried="年末结转",
            ledger__consolidated="合并报表",
            ledger__difference_explained="说明内部往来差异",
            ledger__consolidation_final="合并报表定稿",
            ledger__member_included="纳入合并范围",
            ledger__member_ended="退出合并范围",
            ledger__elimination_asked="提出手工抵销",
        )
        register_check("ledger.balances", "账簿余额", integrity.balances)
        register_check("ledger.chain", "凭证链", integrity.chain)
        register_check("ledger.consolidation", "合并守恒", consolidation_integrity.consolidations)
        register_reference("accounts", reference.load_accounts)
        register_subject(approval.ELIMINATION)
        register_step(nightly.CONSOLIDATION)
        self._announce_pages()

    def _announce_pages(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from ops_platform.ledger.selectors.access import READERS, WHOLE_READERS
        from ops_platform.web import navigation

        pages = (
            (_("机构报表"), "ledger:statements", "report-money", READERS),
            (_("收支日报"), "ledger:day-sheet", "calendar", READERS),
            (_("财政季报"), "ledger:fiscal-report", "file-spreadsheet", READERS),
            (_("合并报表"), "ledger:consolidation", "sitemap", WHOLE_READERS),
        )
        for order, (title, name, icon, roles) in enumerate(pages, start=50):
            navigation.register("账务", title, name, icon=icon, roles=roles, order=order)
