"""Set-up of costing."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from ops_platform.web.navigation import Find

BOUNDS = (
    ("costing.saving_share", "0.10", "0.20", "文档 003：科室成本节约额的 10%–20%"),
    ("costing.gate_death_rate_rise", "0", "1", "比例，0 为不得上升"),
    ("costing.gate_readmission_rise", "0", "1", "比例，0 为不得上升"),
    ("costing.gate_least_discharges", "1", "100000", "人次"),
    ("costing.budget_deviation", "0", "10", "比例"),
)


class CostingConfig(AppConfig):
    name = "costing"
    label = "costing"
    verbose_name = "成本核算"

    def ready(self) -> None:
        from costing import (
            agreement_subject,
            approval,
            budget_subject,
            deviation_subject,
            deviation_telling,
            integrity,
            item_basis_subject,
            nightly,
            pathway_subject,
            price_subject,
            reference,
            service_unit_subject,
            target_subject,
            telling,
        )
        from costing.services import allocation, deviations, patients, settlements, target_standards
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.documents.public import register_owner
        from ops_platform.masterdata.bounds import Bounds, register_bounds
        from ops_platform.masterdata.closing import register_closing_check
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.nightly.public import register_step
        from ops_platform.notifications.public import register_kind
        from workflows.public import register_subject

        register_actions(
            costing__run_created="成本运行",
            costing__driver_rule_changed="修改分摊动因",
            costing__patients_costed="患者成本核算",
            costing__patient_run_pruned="清理临时患者成本明细",
            costing__item_basis_changed="修改项目成本方法",
            costing__service_units_changed="修改服务单元",
            costing__pathway_changed="修改临床路径",
            costing__item_standards_changed="修改项目标准成本",
            costing__agreement_changed="修改医共体分担协议",
            costing__agreement_settled="医共体分担结算",
            costing__target_set="设定成本目标",
            costing__deviation_opened="发现成本偏差",
            costing__deviation_explained="说明成本偏差",
            costing__deviation_approved="批准成本偏差整改",
            costing__deviation_action_done="填报整改完成",
            costing__deviation_sent_back="退回整改",
            costing__deviation_closed="确认整改关闭偏差",
            costing__scenario_begun="建立测算方案",
            costing__scenario_changed="修改测算方案",
            costing__price_adjustment_begun="编制调价方案",
            costing__price_adjustment_approved="同意调价方案",
            costing__price_adjustment_archived="归档调价方案",
            costing__budget_in_force="成本预算生效",
        )
        for key, least, most, source in BOUNDS:
            register_bounds(key, Bounds(Decimal(least), Decimal(most), source))
        register_check("costing.conservation", "成本守恒", integrity.conservation)
        register_check("costing.patients", "患者成本守恒", integrity.patients)
        register_check("costing.agreements", "医共体分担守恒", integrity.agreements)
        register_closing_check("costing", allocation.closing_blockers)
        register_closing_check("costing.patients", patients.closing_blockers)
        register_closing_check("costing.settlements", settlements.closing_blockers)
        register_reference("driver_rules", reference.load_driver_rules)
        register_subject(approval.DRIVER)
        register_subject(item_basis_subject.ITEM_BASIS)
        register_subject(service_unit_subject.SERVICE_UNITS)
        register_subject(pathway_subject.CLINICAL_PATHWAY)
        register_subject(pathway_subject.ITEM_STANDARDS)
        register_subject(price_subject.PRICE_ADJUSTMENT)
        register_subject(budget_subject.COST_BUDGET)
        register_subject(agreement_subject.AGREEMENT)
        register_subject(target_subject.TARGET)
        register_subject(deviation_subject.DEVIATION)
        register_owner(deviations.PROOF, deviation_subject.may_see_proof)
        register_step(nightly.ALLOCATION)
        register_step(nightly.PATIENTS)
        register_step(nightly.TARGETS)
        register_step(nightly.RETENTION)
        register_step(nightly.REPORTS)
        register_kind(telling.KIND, "科室成本月报", to_do=False)
        register_kind(deviation_telling.KIND, "成本偏差")
        register_kind(target_standards.TOLD, "支付标准变动")
        register_step(nightly.CONSERVATION)
        register_step(nightly.AGREEMENTS)
        self._register_events()
        self._announce_pages()

    def _register_events(self) -> None:
        from costing import agreement_events as agreements
        from costing import depreciation_events as depreciation
        from ops_platform.ledger.public import register_event_type

        register_event_type(
            depreciation.FORM,
            load=depreciation.load,
            one=depreciation.one,
            stamp=depreciation.stamp,
            link=depreciation.link,
            postings=depreciation.POSTINGS,
        )
        register_event_type(
            agreements.FORM,
            load=agreements.load,
            one=agreements.one,
            stamp=agreements.stamp,
            link=agreements.link,
            postings=agreements.POSTINGS,
        )

    def _announce_pages(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from costing.selectors.access import DRILL_READERS, READERS
        from ops_platform.web import navigation

        pages = (
            (_("各科室直接成本表"), "costing:direct-costs", "table"),
            (_("成本报表"), "costing:reports", "report-money"),
            (_("患者成本归集表"), "costing:patient-costs", "users"),
            (_("全部机构成本核对"), "costing:reconciliation", "scale"),
            (_("医疗服务项目成本"), "costing:item-costs", "list-details"),
            (_("诊次与床日成本"), "costing:unit-costs", "calendar"),
            (_("病组成本"), "costing:group-costs", "chart-bar"),
            (_("医共体分担结算"), "costing:settlements", "arrows-diff"),
            (_("成本运行"), "costing:runs", "refresh"),
        )
        methods = (
            (_("测算方案"), "costing:scenarios", "arrows-exchange"),
            (_("成本预算"), "costing:budgets", "report-money"),
            (_("调价方案"), "costing:price-adjustments", "coins"),
            (_("分摊动因"), "costing:driver-rules", "settings"),
            (_("项目成本方法"), "costing:item-bases", "settings"),
            (_("服务单元"), "costing:service-units", "settings"),
            (_("项目标准成本"), "costing:item-standards", "settings"),
            (_("临床路径"), "costing:pathways", "stethoscope"),
            (_("分担协议"), "costing:agreements", "settings"),
        )
        navigation.register_finds("costing:reports", _reports)
        for section, entries in (("成本核算", pages), ("成本方法", methods)):
            for order, (title, name, icon) in enumerate(entries):
                navigation.register(section, title, name, icon=icon, roles=READERS, order=order)
        of_responsibility: tuple[dict[str, Any], ...] = (
            {"title": _("成本目标"), "url_name": "costing:targets", "icon": "target"},
            {"title": _("成本偏差与整改"), "url_name": "costing:deviations", "icon": "alert-triangle"},
            {"title": _("成本节约"), "url_name": "costing:savings", "icon": "coins"},
        )
        for order, entry in enumerate(of_responsibility):
            navigation.register("成本责任", **entry, roles=DRILL_READERS, order=order)
        navigation.register(
            "成本责任", _("高成本低效益"), "costing:low-benefit", icon="trending-down", roles=READERS, order=9
        )
        of_use: tuple[dict[str, Any], ...] = (
            {"title": _("采购价格与节约"), "url_name": "costing:purchases", "icon": "shopping-cart"},
            {"title": _("成员间价差"), "url_name": "costing:price-spreads", "icon": "arrows-diff"},
            {"title": _("高值耗材追溯"), "url_name": "costing:pieces", "icon": "barcode"},
            {"title": _("耗材成本效果"), "url_name": "costing:material-effects", "icon": "scale"},
            {"title": _("措施成本效果"), "url_name": "costing:cost-effects", "icon": "scale"},
            {"title": _("收入结构"), "url_name": "costing:income-structure", "icon": "chart-pie"},
            {"title": _("设备使用与共享"), "url_name": "costing:devices", "icon": "device-desktop-analytics"},
        )
        for order, entry in enumerate(of_use):
            navigation.register("采购与使用", **entry, roles=READERS, order=order)


def _reports() -> Iterator["Find"]:
    """Every report, for the finder of the side bar."""
    from django.urls import reverse

    from costing.selectors.sheets import REPORTS
    from ops_platform.web.navigation import Find

    for report in REPORTS.values():
        yield Find(report.title, reverse("costing:report", args=[report.code]), report.hint)
