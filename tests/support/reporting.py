"""A hospital of which every report has something to show: two months, four classes of departments, a department whose cost
is held back, a bill taken in for all, three funds, visits, stays, day surgery, goods, a pharmacy, service units, a pathway,
standards, devices that share an item. Amounts do not divide evenly, so that means are rounded somewhere."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from costing import missing_drivers
from costing.missing_drivers import Policy
from costing.models import (
    CostBudget,
    CostBudgetAmount,
    DriverKind,
    DriverRule,
    ItemStandard,
    Pathway,
    PathwayItem,
    ServiceUnit,
    ServiceUnitPart,
    UnitDefinition,
)
from costing.services import cost_patients_of, run_allocation
from insurance_settlement.public import month_of_cases
from insurance_settlement.services import run_grouping
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import ChargeItem, Department, Institution, Parameter, Scope, SourceMark
from tests.support import trade

MARCH = Period.parse("2026-03")
FROM = date(2026, 1, 1)
MONTHS = ("2026-02", "2026-03")
STAFF = {"A": "11", "B": "5", "L": "7", "Y": "3", "D": "31", "E": "37"}
COSTS = (
    ("A", "personnel", "basic", "16000.37"),
    ("A", "depreciation", "fiscal_project", "311.11"),
    ("B", "personnel", "basic", "9000.01"),
    ("L", "personnel", "basic", "30000.07"),
    ("L", "materials", "basic", "4001.13"),
    ("L", "other", "research", "97.01"),
    ("Y", "personnel", "basic", "1207.19"),
    ("D", "personnel", "basic", "80000.77"),
    ("D", "drugs", "basic", "5003.33"),
    ("D", "depreciation", "public_health", "101.03"),
    ("E", "personnel", "basic", "100000.03"),
    ("E", "materials", "basic", "3001.01"),
    ("E", "depreciation", "fiscal_project", "701.09"),
)
# number, department, admitted, discharged, doctor, insurer, procedure
STAYS = (
    ("Z1", "D", "02", "05T10:00:00", "a1", "C01", ""),
    ("Z2", "D", "02", "12T10:00:00", "a1", "C02", ""),
    ("Z3", "D", "03", "23T10:00:00", "b2", "C01", ""),
    ("Z4", "E", "04", "05T06:00:00", "c3", "C01", "33.2400"),
    ("Z5", "E", "05", "11T10:00:00", "c3", "C02", "33.2400"),
)


def _landed(hospital: Institution) -> None:
    trade.landed(
        hospital,
        "departments",
        [
            trade.department("A", "administration", "总务科"),
            trade.department("B", "medical_support", "供应室"),
            trade.department("L", "medical_technology", "检验科"),
            trade.department("Y", "medical_technology", "药学部"),
            trade.department("D", name="内科"),
            trade.department("E", name="外科"),
        ],
    )
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("ZC", fee_class="consultation"),
            trade.item("CW", fee_class="bed"),
            trade.item("HL", fee_class="nursing"),
            trade.item("SS", fee_class="surgery"),
            trade.item("HY", fee_class="laboratory"),
            trade.item("YP", "drug", "western_drugs"),
            trade.item("HC", "chargeable_material", "other"),
        ],
    )


def _month(hospital: Institution, period: str, times: Decimal) -> None:
    """The facts of a month; the later one is `times` the former."""

    def yuan(amount: str) -> str:
        return str((Decimal(amount) * times).quantize(Decimal("0.01")))

    trade.landed(
        hospital,
        "staff-headcounts",
        [
            {"department": code, "period": period, "headcount": count, "physicians": "1", "nurses": "2"}
            for code, count in STAFF.items()
        ],
    )
    trade.landed(
        hospital,
        "post-hours",
        [
            {
                "roster": f"{period}{code}{at}",
                "period": period,
                "department": code,
                "home": home,
                "post": "责任护士岗",
                "category": "nurse",
                "people": "3",
                "hours": hours,
                "flexible": "7",
                "team": team,
            }
            for code in STAFF
            for at, (home, hours, team) in enumerate((("", "333.33", ""), ("E", "41.5", "疑难病例团队")))
        ],
    )
    trade.landed(
        hospital,
        "floor-areas",
        [{"department": code, "period": period, "area": f"{int(count) * 13}"} for code, count in STAFF.items()],
    )
    entries = [
        trade.cost(f"V{period}-{at}", code, yuan(amount), item, f"{period}-28") | {"funding_source": source}
        for at, (code, item, source, amount) in enumerate(COSTS)
    ]
    bill = trade.cost(f"V{period}-D", "A", yuan("1234.57"), "other", f"{period}-28") | {"shared_as": "electricity"}
    trade.landed(hospital, "cost-entries", [*entries, bill])
    earned = {"voucher": f"S{period}", "line": "1", "department": "D", "date": f"{period}-28"}
    trade.landed(
        hospital, "income-entries", [earned | {"income_kind": "other", "summary": "租金", "amount": yuan("503.07")}]
    )
    _visits(hospital, period, yuan)
    _stays(hospital, period, yuan)
    _devices(hospital, period)


def _devices(hospital: Institution, period: str) -> None:
    """Two analysers that do the laboratory's tests, one of them counting; a bed of medicine; one whose card nobody sent."""
    ran = (
        ("FX1", "L", "7.30", {"services": "13", "items": ["HY"]}),
        ("FX2", "L", "3.70", {"items": ["HY"]}),
        ("FX3", "L", "1.10", {"items": ["HY"]}),
        ("CW1", "D", "24.00", {"services": "1", "items": ["CW", "HL"]}),
    )
    rows = []
    for card, department, used, more in ran:
        for day in ("05", "06"):
            row = trade.device(card, "分析仪", used, "24", f"{period}-{day}", department=department)
            rows.append({name: one for name, one in row.items() if name != "services"} | more)
    trade.landed(hospital, "equipment-uses", rows)


def _cards(hospital: Institution) -> None:
    """Straight line over months that do not divide the value."""
    given = {
        "effective_from": "2026-01-01",
        "category": "special_equipment",
        "in_use_from": "2025-01-10",
        "useful_months": "72",
    }
    cards = (
        ("FX1", "L", "100000.00", "basic"),
        ("FX2", "L", "70001.00", "fiscal_project"),
        ("CW1", "D", "9001", "basic"),
    )
    rows = [
        given | {"card": card, "name": card, "department": where, "original_value": value, "funding_source": source}
        for card, where, value, source in cards
    ]
    trade.landed(hospital, "assets", rows)


def _visits(hospital: Institution, period: str, yuan: Any) -> None:
    at = f"{period}-05T08:00:00"
    numbers = [(f"M{period}{place}", code) for place, code in enumerate("DDDEEEE")]
    trade.landed(hospital, "encounters", [trade.visit(number, code, at) for number, code in numbers])
    lines = []
    for place, (number, code) in enumerate(numbers, 1):
        lines += [
            trade.charge(number, 1, "ZC", code, code, yuan(f"{place * 31}.07"), at),
            trade.charge(number, 2, "HY", code, "L", yuan(f"{place * 97}.01"), at),
            trade.charge(number, 3, "YP", code, "Y", yuan(f"{place * 53}.11"), at),
        ]
    trade.landed(hospital, "charge-lines", lines)


def _stays(hospital: Institution, period: str, yuan: Any) -> None:
    def when(day: str) -> str:
        return f"{period}-{day}" if "T" in day else f"{period}-{day}T08:00:00"

    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit(
                f"{number}-{period}",
                code,
                when(begun),
                "inpatient",
                discharged=when(left),
                doctor=doctor * 16,
                insurer=insurer,
            )
            for number, code, begun, left, doctor, insurer, _procedure in STAYS
        ],
    )
    lines, abstracts = [], []
    for place, (number, code, begun, left, _doctor, _insurer, procedure) in enumerate(STAYS, 1):
        days = max(int(left[:2]) - int(begun), 1)
        amounts = {
            "CW": (code, f"{days * 41}.00"),
            "HL": (code, f"{days * 67}.03"),
            "HY": ("L", f"{place * 211}.09"),
            "YP": ("Y", f"{place * 303}.01"),
            "HC": (code, f"{place * 71}.07"),
        }
        if procedure:
            amounts["SS"] = (code, "3007.07")
        lines += [
            trade.charge(f"{number}-{period}", line, item, code, executing, yuan(amount), when(begun))
            for line, (item, (executing, amount)) in enumerate(amounts.items(), 1)
        ]
        abstracts.append(
            {
                "encounter_no": f"{number}-{period}",
                "diagnoses": ["J18.900"],
                "sex": "1",
                "age": "67",
                "stay_days": str(days),
                "leaving_type": "1",
                "total_charges": str(sum(Decimal(yuan(amount)) for _, amount in amounts.values())),
            }
            | ({"procedures": [procedure]} if procedure else {})
        )
    trade.landed(hospital, "charge-lines", lines)
    trade.landed(hospital, "discharge-abstracts", abstracts)


def _rules(hospital: Institution) -> None:
    """The supply room's driver measures nothing, so that its cost is held back; the hospital's own service units and
    standards."""
    given = {"institution": hospital, "effective_from": FROM}
    DriverRule.objects.create(
        **given,
        cost_class="medical_support",
        driver=DriverKind.WORKLOAD,
        metric="sterile_packs",
        source_mark=SourceMark.DEFAULT,
    )
    Parameter.objects.create(
        **given,
        key=missing_drivers.PARAMETER,
        name="缺少动因",
        scope=Scope.INSTITUTION,
        value=Decimal(Policy.HOLD),
        source_mark=SourceMark.DEFAULT,
    )
    departments = {one.code: one for one in Department.objects.filter(institution=hospital)}
    items = {one.code: one for one in ChargeItem.objects.filter(institution=hospital)}
    definition = UnitDefinition.objects.create(**given, source_text="服务单元", changed_by="finance")
    for code, name, kind, parts in (
        ("BF", "病房", "ward", (("D", ""), ("E", ""))),
        ("SS", "手术室", "operating_room", (("E", "surgery"),)),
        ("YX", "药学", "pharmacy", (("Y", ""),)),
    ):
        unit = ServiceUnit.objects.create(definition=definition, code=code, name=name, kind=kind)
        for department, fee_class in parts:
            ServiceUnitPart.objects.create(
                definition=definition, unit=unit, department=departments[department], fee_class=fee_class
            )
    for department, code, quantity, unit_cost in (("L", "HY", "9", "3001.123456"), ("D", "CW", "40", "777.1")):
        ItemStandard.objects.create(
            institution=hospital,
            department=departments[department],
            item=items[code],
            quantity=Decimal(quantity),
            unit_cost=Decimal(unit_cost),
            effective_from=FROM,
            source_text="年度预算",
            changed_by="finance",
        )


def _pathway(hospital: Institution) -> None:
    """A pathway of the group that medicine's cases fall into."""
    settled = month_of_cases(institution=hospital.pk, period=str(MARCH))
    assert settled is not None
    drg = next(case.drg for case in settled.cases if case.encounter_no.startswith("Z1"))
    given = {"institution": hospital, "effective_from": FROM, "source_text": "医务科", "changed_by": "finance"}
    pathway = Pathway.objects.create(**given, drg=drg, name="肺炎", standard_days=Decimal(5))
    for code, quantity in (("CW", "4"), ("HY", "2"), ("YP", "1")):
        item = ChargeItem.objects.get(institution=hospital, code=code)
        PathwayItem.objects.create(pathway=pathway, item=item, quantity=Decimal(quantity), obligatory=True)


def reporting_hospital() -> Institution:
    """Its March, with February to compare with."""
    hospital = trade.alliance()["H1"]
    _landed(hospital)
    _cards(hospital)
    _rules(hospital)
    for period, times in zip(MONTHS, (Decimal("0.93"), Decimal(1)), strict=True):
        _month(hospital, period, times)
        run_allocation(PLATFORM, institution=hospital, period=Period.parse(period))
        cost_patients_of(PLATFORM, institution=hospital, period=Period.parse(period))
        run_grouping(PLATFORM, institution=hospital, period=Period.parse(period))
    _pathway(hospital)
    _budget(hospital)
    return hospital


def _budget(hospital: Institution) -> None:
    """Medicine and surgery have one for the year, in force; the others have none."""
    author = trade.person("planner", Role.FINANCE_OFFICER, hospital)
    budget = CostBudget.objects.create(
        institution=hospital,
        year=MARCH.year,
        version=1,
        total=Decimal("1200012.00"),
        source_text="预算批复",
        asked_by=author,
        state=CostBudget.State.IN_FORCE,
        decided_at=timezone.now(),
    )
    for department in Department.objects.filter(institution=hospital, code__in=("D", "E")):
        for item, amount in (("personnel", "30000.50"), ("materials", "20000.00")):
            for month in range(1, 13):
                CostBudgetAmount.objects.create(
                    budget=budget, department=department, cost_item=item, month=month, amount=Decimal(amount)
                )
