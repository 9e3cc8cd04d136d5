"""Every report: its address, its title, where it belongs, and who builds it."""

from collections.abc import Callable
from dataclasses import dataclass

from costing.selectors.layers import Layer
from costing.selectors.sheets import (
    break_even,
    budget,
    departments,
    devices,
    direct,
    diseases,
    items,
    methods,
    monthly,
    patients,
    posts,
    ranking,
    service_units,
    staffing,
    standards,
    stays,
    trend,
    units,
)
from costing.selectors.sheets.scope import Scope
from costing.sheets import Sheet

OFFICIAL, ANALYSIS, BREAK_EVEN = "规定报表", "结余与因素分析", "量本利分析"
STANDARD, STAYS = "标准成本与临床路径", "日间手术与住院日"


@dataclass(frozen=True, slots=True)
class Report:
    """`layered`: the reader chooses the layer of cost, `layer` is the one first shown; `form`: the number of the official
    form; `compared`: and the month to compare with; `ordered`: and the order
    of departments; `measures`: and by what it ranks (code, title); `alliance`: it shows all institutions that the reader may
    see; `patient_level`: it names encounters, so that opening it is logged."""

    code: str
    title: str
    hint: str
    family: str
    build: Callable[[Scope], Sheet]
    layered: bool = False
    layer: Layer = Layer.HOSPITAL
    form: str = ""
    compared: bool = False
    ordered: bool = False
    measures: tuple[tuple[str, str], ...] = ()
    alliance: bool = False
    patient_level: bool = False


_ALL = (
    Report(
        "direct-costs",
        "医院各科室直接成本表",
        "成本01：各科室直接成本，分四类小计",
        OFFICIAL,
        direct.direct_costs,
        form="成本01表",
    ),
    Report(
        "full-costs",
        "医院临床服务类科室全成本表",
        "成本02：逐成本项目的直接成本、间接成本、全成本",
        OFFICIAL,
        departments.full_costs,
        layered=True,
        layer=Layer.MEDICAL,
        form="成本02表",
    ),
    Report(
        "composition",
        "医院临床服务类科室全成本构成分析表",
        "成本03：各科室的成本构成、收入、床日与诊次成本",
        OFFICIAL,
        departments.composition,
        layered=True,
        layer=Layer.MEDICAL,
        form="成本03表",
    ),
    Report(
        "allocation",
        "科室成本分摊汇总表",
        "直接成本与三级分摊各级转入",
        OFFICIAL,
        departments.allocation,
        layered=True,
    ),
    Report("layers", "成本层次表", "医疗业务成本、医疗成本、医疗全成本、医院全成本", OFFICIAL, departments.layers),
    Report(
        "behaviour",
        "科室医疗成本习性分析表",
        "固定与变动、可控与不可控、直接与间接",
        OFFICIAL,
        departments.behaviour,
        layered=True,
    ),
    Report("visits", "诊次成本构成表", "每一诊次的各项成本", OFFICIAL, units.visit_composition),
    Report("bed-days", "床日成本构成表", "每一床日的各项成本", OFFICIAL, units.bed_day_composition),
    Report("items", "医疗服务项目成本汇总表", "各项目的数量、收入、七项成本、结余", OFFICIAL, items.item_summary),
    Report(
        "item-composition",
        "医疗服务项目成本构成明细表",
        "各科室各项目的单位成本按成本项目的构成",
        OFFICIAL,
        items.item_composition,
    ),
    Report("group-costs", "DRG成本明细表", "各病组按三种方法的成本合计与例均", OFFICIAL, patients.group_costs),
    Report("groups", "DRG成本构成明细表", "各病组例均成本的构成", OFFICIAL, patients.group_composition),
    Report(
        "unit-groups",
        "服务单元DRG成本构成明细表",
        "各病组在每个服务单元的收入、成本收入比、成本",
        OFFICIAL,
        service_units.group_units,
    ),
    Report("disease-costs", "病种成本明细表", "各病种按三种方法的成本合计与例均", OFFICIAL, diseases.disease_costs),
    Report("diseases", "病种成本构成明细表", "各病种例均成本的构成", OFFICIAL, diseases.disease_composition),
    Report(
        "unit-diseases",
        "服务单元病种成本构成明细表",
        "各病种在每个服务单元的收入、成本收入比、成本",
        OFFICIAL,
        diseases.disease_units,
    ),
    Report(
        "service-units",
        "服务单元成本收入比表",
        "各服务单元的收入、成本、成本收入比",
        OFFICIAL,
        service_units.unit_ratios,
    ),
    Report(
        "surplus",
        "科室收支结余表",
        "分摊前与每一级分摊后的结余",
        ANALYSIS,
        departments.surplus,
        layered=True,
    ),
    Report("monthly", "科室成本月报", "药占比、耗占比、次均费用与成本，发给科室主任", ANALYSIS, monthly.monthly),
    Report("cases", "科室病例结余表", "各科室的 CMI、支付、成本、例均结余", ANALYSIS, patients.departments),
    Report(
        "group-surplus", "病组结余表", "各病组的例数、权重、支付、成本、例均结余", ANALYSIS, patients.surplus_of_groups
    ),
    Report("doctors", "诊疗组结余表", "按科室和医师代号", ANALYSIS, patients.doctors),
    Report("insurers", "医保类别结余表", "按险种和经办机构", ANALYSIS, patients.insurers),
    Report(
        "losses",
        "亏损病例分析表",
        "亏损最多的病例，偏离同组的成本项目",
        ANALYSIS,
        patients.losses,
        patient_level=True,
    ),
    Report(
        "budget",
        "成本预算执行表",
        "各科室本月、本年累计的预算与实际，全年执行率与余额",
        ANALYSIS,
        budget.by_department,
    ),
    Report("budget-items", "成本预算执行表(成本项目)", "全院各成本项目的预算与实际", ANALYSIS, budget.by_item),
    Report("trend", "成本趋势表", "十二个月的成本项目、收入和结余，环比和同比", ANALYSIS, trend.trend, layered=True),
    Report(
        "ranking",
        "科室排名表",
        "临床科室的名次，比上月和上年同月",
        ANALYSIS,
        ranking.departments,
        measures=ranking.CHOICES,
    ),
    Report(
        "members",
        "成员单位排名表",
        "各成员单位的名次，比上月和上年同月",
        ANALYSIS,
        ranking.members,
        measures=ranking.CHOICES,
        alliance=True,
    ),
    Report(
        "staffing",
        "科室人力成本表",
        "人均和单位服务的人员经费，人均工作量",
        ANALYSIS,
        staffing.staffing,
        layered=True,
    ),
    Report(
        "posts",
        "岗位人力成本表",
        "各岗位的定员、在岗、工时、弹性和跨科工时，人力成本分到岗位",
        ANALYSIS,
        posts.posts,
        layered=True,
    ),
    Report(
        "teams",
        "多学科团队人力成本表",
        "各团队由哪些科室的人员投入多少工时、多少人力成本",
        ANALYSIS,
        posts.teams,
        layered=True,
    ),
    Report(
        "methods",
        "分摊方法比较表",
        "阶梯分摊(正式)与顺序分摊、交互分摊，只供比较",
        ANALYSIS,
        methods.methods,
        ordered=True,
    ),
    Report(
        "changes",
        "成本变动因素分析表",
        "工作量与单位成本的影响，环比或同比",
        ANALYSIS,
        units.changes,
        compared=True,
    ),
    Report(
        "break-even",
        "科室量本利分析表",
        "保本收入与安全边际",
        BREAK_EVEN,
        break_even.departments,
        layered=True,
    ),
    Report("break-even-groups", "病组量本利分析表", "保本例数", BREAK_EVEN, break_even.groups),
    Report("break-even-items", "项目量本利分析表", "保本数量", BREAK_EVEN, break_even.items),
    Report("break-even-devices", "设备量本利分析表", "每月保本次数、实际次数与安全边际", BREAK_EVEN, devices.devices),
    Report("item-variance", "项目标准成本差异表", "有标准的项目：数量差异与价格差异", STANDARD, standards.items),
    Report("department-variance", "科室标准成本差异表", "各科室有标准的项目合计", STANDARD, standards.departments),
    Report(
        "pathway-variance",
        "病组标准成本差异表",
        "路径病例的标准数量与实际数量、基期与本期单位成本",
        STANDARD,
        standards.groups,
        compared=True,
    ),
    Report("day-surgery", "日间手术效果表", "日间与住院的支付、成本、结余，改为日间的影响", STAYS, stays.day_surgery),
    Report("stay-effect", "住院日效果表", "多住一日的成本、保本住院日、各住院日分段的结余", STAYS, stays.stay_effect),
)
REPORTS = {report.code: report for report in _ALL}
