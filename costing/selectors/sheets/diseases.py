"""Reports of diseases (病种成本, domain.md 1.6 and 1.7): the tables of the disease groups, by main diagnosis."""

from dataclasses import replace
from urllib.parse import urlencode

from django.urls import reverse

from costing.selectors.diseases import MonthOfDiseases, month_of_diseases
from costing.selectors.groups import GroupCost
from costing.selectors.sheets.patients import Grouped, composition_of, costs_of
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.service_units import each_by_unit
from costing.sheets import Sheet

RULE = "病种按病案首页主要诊断的 ICD-10 类目(前三位；参数 costing.disease_code_length 可改为前四位亚目)归并。"
COVERAGE = "未填主要诊断为没有病案首页的出院病例，未分组、没有支付额；有主要诊断的小计与 DRG 成本明细表的合计相等。"
NAMES = "诊断代码表没有该类目名称的，以本月例数最多的诊断为名，有多个诊断的加「等」。"


def disease_url(scope: Scope, code: str) -> str:
    """The page of a disease's cases."""
    query = urlencode({"institution": scope.institution, "period": scope.run.period})
    return f"{reverse('costing:disease', args=[code])}?{query}"


def _grouped(scope: Scope) -> Grouped:
    return Grouped(scope, "病种", "disease", lambda code: disease_url(scope, code))


def _month(scope: Scope) -> MonthOfDiseases | None:
    return month_of_diseases(institution=scope.institution, period=scope.run.period)


def _costs(scope: Scope) -> list[GroupCost]:
    found = _month(scope)
    return found.costs(institution=scope.institution) if found else []


def _noted(sheet: Sheet) -> Sheet:
    return replace(sheet, notes=(*sheet.notes, RULE, NAMES, COVERAGE)) if sheet.rows else sheet


def disease_costs(scope: Scope) -> Sheet:
    """病种成本明细表: what the cases of each disease cost, in all and on the average, by the three official methods."""
    return _noted(costs_of(_grouped(scope), _costs(scope)))


def disease_composition(scope: Scope) -> Sheet:
    """病种成本构成明细表: mean cost of a case of each disease by item, and how far it lies from its payment."""
    return _noted(composition_of(_grouped(scope), _costs(scope)))


def disease_units(scope: Scope) -> Sheet:
    """服务单元病种成本构成明细表: each disease by service unit; the units sum to its cost by the ratio of cost to income."""
    found = _month(scope)
    titles = {code: found.title(code) for code in found.names} if found else {}
    keys = found.keys if found else None
    return _noted(each_by_unit(_grouped(scope), keys, titles))
