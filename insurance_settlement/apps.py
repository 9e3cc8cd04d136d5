"""Set-up of insurance settlement."""

from typing import Any

from django.apps import AppConfig


class InsuranceSettlementConfig(AppConfig):
    name = "insurance_settlement"
    label = "insurance_settlement"
    verbose_name = "医保结算"

    def ready(self) -> None:
        from insurance_settlement import (
            code_rules,
            integrity,
            mapping_classes,
            mapping_integrity,
            mapping_subject,
            nightly,
            reference_data,
            review_subject,
        )
        from insurance_settlement.services import closing_blockers
        from insurance_settlement.services.reviews import FILES
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.documents.public import register_owner
        from ops_platform.his_intake.public import register_rule
        from ops_platform.masterdata.closing import register_closing_check
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.nightly.public import register_step
        from workflows.public import register_subject

        register_actions(
            insurance_settlement__scheme_imported="导入分组方案",
            insurance_settlement__price_book_imported="导入价格规则",
            insurance_settlement__placed_in_area="设定统筹地区",
            insurance_settlement__run_created="分组计价运行",
            insurance_settlement__trial_begun="发起支付试算",
            insurance_settlement__review_begun="申请特例单议",
            insurance_settlement__review_changed="修改特例单议申请",
            insurance_settlement__review_archived="作废特例单议申请",
            insurance_settlement__review_declared="申报特例单议",
            insurance_settlement__review_opinion="登记专家意见",
            insurance_settlement__review_concluded="登记评审结论",
            insurance_settlement__review_confirmed="确认评审结论",
            insurance_settlement__review_appealed="特例单议申诉",
            insurance_settlement__mapping_begun="新建归集口径版本",
            insurance_settlement__mapping_filled="上传归集口径内容",
            insurance_settlement__mapping_changed="修改归集口径版本",
            insurance_settlement__mapping_archived="作废归集口径版本",
            insurance_settlement__mapping_approved="归集口径生效",
            insurance_settlement__mapping_simulated="归集口径模拟",
            insurance_settlement__mapping_explained="说明归集口径变动",
            insurance_settlement__mapping_remarked="反馈省版归集口径",
            insurance_settlement__mapping_remark_withdrawn="撤回省版归集口径意见",
            insurance_settlement__mapping_remark_answered="答复省版归集口径意见",
            insurance_settlement__front_pages_examined="病案首页检查",
            insurance_settlement__front_page_marked="首页问题标记核对无误",
        )
        register_check("insurance_settlement.runs", "分组计价合计", integrity.runs_add_up)
        register_check("insurance_settlement.mappings", "归集口径内容", mapping_integrity.rows_are_as_approved)
        register_check(
            "insurance_settlement.mapping_simulations", "归集口径模拟合计", mapping_integrity.simulations_add_up
        )
        register_check("insurance_settlement.trials", "支付试算合计", integrity.trials_add_up)
        register_reference("grouping_scheme", reference_data.load_demo_scheme)
        register_reference("mapping_classes", mapping_classes.load_classes)
        register_closing_check("insurance_settlement", closing_blockers)
        register_subject(review_subject.REVIEW)
        register_subject(review_subject.REVIEW_CONCLUSION)
        register_subject(mapping_subject.MAPPING)
        register_subject(mapping_subject.PROVINCE_MAPPING)
        register_owner(FILES, review_subject.may_see_files)
        register_step(nightly.GROUPING)
        register_step(nightly.FRONT_PAGES)
        for rule in code_rules.RULES:
            register_rule(rule)
        self._announce_pages()

    def _announce_pages(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from insurance_settlement.selectors import CASE_READERS, MONTH_READERS
        from ops_platform.web import navigation

        pages: tuple[dict[str, Any], ...] = (
            {
                "title": _("病组盈亏"),
                "url_name": "insurance_settlement:month",
                "icon": "heart-rate-monitor",
                "roles": MONTH_READERS,
            },
            {
                "title": _("基金应付与记账"),
                "url_name": "insurance_settlement:fund",
                "icon": "scale",
                "roles": MONTH_READERS,
            },
            {
                "title": _("结余留用测算"),
                "url_name": "insurance_settlement:retention",
                "icon": "pig-money",
                "roles": MONTH_READERS,
            },
            {
                "title": _("病组指标"),
                "url_name": "insurance_settlement:efficiency",
                "icon": "chart-bar",
                "roles": CASE_READERS,
            },
            {
                "title": _("病例"),
                "url_name": "insurance_settlement:cases",
                "icon": "stethoscope",
                "roles": CASE_READERS,
            },
            {
                "title": _("病案首页质量"),
                "url_name": "insurance_settlement:front-pages",
                "icon": "clipboard-check",
                "roles": CASE_READERS,
            },
            {
                "title": _("在院病例预测"),
                "url_name": "insurance_settlement:in-house",
                "icon": "bed",
                "roles": CASE_READERS,
            },
            {
                "title": _("医保分组对照"),
                "url_name": "insurance_settlement:insurer-groupings",
                "icon": "arrows-exchange",
                "roles": CASE_READERS,
            },
            {
                "title": _("特例单议"),
                "url_name": "insurance_settlement:reviews",
                "icon": "zoom-check",
                "roles": CASE_READERS,
            },
            {
                "title": _("归集口径"),
                "url_name": "insurance_settlement:mappings",
                "icon": "list-tree",
                "roles": MONTH_READERS,
            },
            {
                "title": _("支付试算"),
                "url_name": "insurance_settlement:trials",
                "icon": "calculator",
                "roles": MONTH_READERS,
            },
            {
                "title": _("分组方案与价格"),
                "url_name": "insurance_settlement:rules",
                "icon": "list-details",
                "roles": MONTH_READERS,
            },
        )
        for order, page in enumerate(pages):
            navigation.register("医保结算", order=order, **page)
