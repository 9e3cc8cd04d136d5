"""Checks of one discharge abstract (病案首页) before it is declared: what contradicts itself, what is missing, what the
charges do not fit.

Source: domain.md 2.1 (why a case is not grouped; stay over 60 days, charges under 5 yuan, age and sex), the rest are the
project's own checks over `front_page_rules.py`. Each check is a declared object: code, title, how far it reaches, and the
function that looks. `blocking`: the case cannot be grouped; `warning`: the abstract contradicts itself or its charges;
`info`: please look at the record.

The words say what the abstract says and what does not fit. They never name a code that is not on the abstract and never
say what another code would be paid, so that nobody can look for a better paid one. Whatever is missing (no charges, no
procedures) makes a check silent, never a failure. No money is computed; amounts are in fen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from insurance_settlement.engine.case import FEMALE, MALE, QY, SUCCESS, Case
from insurance_settlement.engine.codes import CodeTable
from insurance_settlement.engine.front_page_rules import ANAESTHESIA, OPERATION, RuleSet
from insurance_settlement.engine.rounding import yuan
from ops_platform.kernel import Severity

REPEATED = {"诊断": "请删去重复的。", "手术操作": "确实做了多次的请核对手术记录，重复填写的请删去。"}
SEXES = {MALE: "男", FEMALE: "女"}


@dataclass(frozen=True, slots=True)
class FrontPage:
    """An abstract with what else is known of the stay.

    `nights` from admission to discharge by the calendar; `stated` charges of the abstract and `charges` of the charge lines
    in fen; `items` by mark (`front_page_rules.marks_of`) the names of what was charged; `status` and `reasons` of its group.
    """

    case: Case
    stay_days: int
    nights: int
    stated: int
    charges: int
    status: str = SUCCESS
    reasons: tuple[str, ...] = ()
    items: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Look:
    """What a check looks at: the rules, the abstract, the tables of codes of the scheme in force."""

    rules: RuleSet
    page: FrontPage
    dx: CodeTable
    proc: CodeTable

    @property
    def case(self) -> Case:
        """The abstract as grouping takes it."""
        return self.page.case


Seen = tuple[str, str]
"""What it is about (a code, an item, or "" for the abstract as a whole), and the sentence."""


@dataclass(frozen=True, slots=True)
class PageRule:
    """One rule of the front page. `contradicts`: the code named cannot be right there, so that the group without it may be
    shown."""

    code: str
    title: str
    severity: Severity
    look: Callable[[Look], Iterable[Seen]]
    contradicts: bool = False


@dataclass(frozen=True, slots=True)
class FrontPageFinding:
    """What a check found on an abstract."""

    rule: str
    severity: Severity
    subject: str
    message: str


def _main_missing(look: Look) -> Iterator[Seen]:
    if not look.case.diagnoses or not look.case.diagnoses[0]:
        yield "", "没有主要诊断。请补填后重新报送。"


def _main_not_usable(look: Look) -> Iterator[Seen]:
    for code in look.case.diagnoses[:1]:
        for group in look.rules.main_not_usable:
            if group.holds(code):
                yield code, f"主要诊断 {look.dx.label(code)} 属于{group.name}，一般不作主要诊断。请核对主要诊断的选择。"


def _main_symptom(look: Look) -> Iterator[Seen]:
    rules = look.rules
    for code in look.case.diagnoses[:1]:
        if rules.symptoms.holds(code) and any(not rules.not_definite.holds(one) for one in look.case.diagnoses[1:]):
            yield (
                code,
                f"主要诊断 {look.dx.label(code)} 是{rules.symptoms.name}，而其他诊断中有已明确的疾病。"
                "请按病历核对主要诊断的选择。",
            )


def _ungrouped(look: Look) -> Iterator[Seen]:
    if look.page.status not in (SUCCESS, QY):
        yield "", f"不能入组：{''.join(look.page.reasons)}"


def _ambiguous(look: Look) -> Iterator[Seen]:
    if look.page.status == QY:
        yield "", f"主要诊断与手术操作不对应，归入歧义组：{''.join(look.page.reasons[-1:])}"


def _sex(look: Look) -> Iterator[Seen]:
    for group in look.rules.sexes:
        if look.case.gender not in SEXES or look.case.gender == group.sex:
            continue
        table = look.proc if group.of_procedures else look.dx
        for code in dict.fromkeys(look.case.procedures if group.of_procedures else look.case.diagnoses):
            if group.codes.holds(code):
                yield (
                    code,
                    f"性别为{SEXES[look.case.gender]}，而 {table.label(code)} 属于{group.codes.name}。"
                    "请核对性别与编码。",
                )


def _age(look: Look) -> Iterator[Seen]:
    age, days = look.case.age, look.case.age_days
    if age is None:
        return
    for group in look.rules.ages:
        too_young = group.years_from is not None and age < group.years_from
        too_old = group.years_to is not None and age > group.years_to
        if group.days_to is not None:
            too_old = age > 0 or (days is not None and days > group.days_to)
        if not too_young and not too_old:
            continue
        told = f"{age} 岁" if age or days is None else f"{days} 天"
        for code in dict.fromkeys(look.case.diagnoses):
            if group.codes.holds(code):
                yield code, f"年龄 {told}，而 {look.dx.label(code)} 属于{group.codes.name}。请核对年龄与编码。"


def _newborn(look: Look) -> Iterator[Seen]:
    case, rules = look.case, look.rules
    if case.age != 0:
        return
    if case.age_days is None:
        yield "", "不满 1 岁而没有日龄。请补填。"
    elif case.age_days <= rules.newborn_days:
        if case.weight is None:
            yield "", f"日龄 {case.age_days} 天的新生儿没有体重。请补填。"
        elif not rules.least_grams <= case.weight <= rules.most_grams:
            yield (
                "",
                f"新生儿体重 {case.weight} 克不在 {rules.least_grams} 至 {rules.most_grams} 克之间。请核对单位和数值。",
            )


def _repeated(look: Look) -> Iterator[Seen]:
    for noun, codes, table in (("诊断", look.case.diagnoses, look.dx), ("手术操作", look.case.procedures, look.proc)):
        for code in dict.fromkeys(codes):
            if (times := codes.count(code)) > 1:
                yield code, f"{noun} {table.label(code)} 填了 {times} 次。{REPEATED[noun]}"


def _unknown(look: Look) -> Iterator[Seen]:
    for noun, codes, table in (("诊断", look.case.diagnoses, look.dx), ("手术操作", look.case.procedures, look.proc)):
        for code in dict.fromkeys(codes):
            if table.known and code not in table.known:
                yield code, f"{noun}编码 {code} 不在现行编码表中。请核对编码版本。"


def _procedure_order(look: Look) -> Iterator[Seen]:
    for main in look.case.procedures[:1]:
        if not look.rules.not_operations.holds(main):
            continue
        behind = next((one for one in look.case.procedures[1:] if not look.rules.not_operations.holds(one)), None)
        if behind is not None:
            yield (
                main,
                f"第一项 {look.proc.label(main)} 是非手术操作，手术 {look.proc.label(behind)} 列在其后。"
                "请按手术记录核对顺序。",
            )


def _without_anaesthesia(look: Look) -> Iterator[Seen]:
    if not look.page.charges or ANAESTHESIA in look.page.items:
        return
    for code in dict.fromkeys(look.case.procedures):
        if look.rules.operations.holds(code) and not look.rules.without_anaesthesia.holds(code):
            yield code, f"首页有手术 {look.proc.label(code)}，收费中没有麻醉。请核对手术记录、麻醉记录与收费。"


def _not_coded(look: Look) -> Iterator[Seen]:
    if look.case.procedures:
        return
    for mark, noun in ((OPERATION, "手术"), (ANAESTHESIA, "麻醉")):
        if names := look.page.items.get(mark):
            yield names[0], f"收费有{noun}「{'、'.join(names[:3])}」，首页没有手术操作。请核对手术记录与收费。"
            return


def _suggested(look: Look) -> Iterator[Seen]:
    for one in look.rules.suggestions:
        names = look.page.items.get(one.mark)
        if names and not any(one.diagnoses.holds(code) for code in look.case.diagnoses):
            yield names[0], f"医嘱收费有「{'、'.join(names[:3])}」，首页未见相应诊断，请核对病历。"


def _days(look: Look) -> Iterator[Seen]:
    page = look.page
    if page.nights < 0:
        yield "", "出院时间早于入院时间。请核对。"
    elif page.stay_days not in (page.nights, max(page.nights, 1)):
        yield "", f"首页住院 {page.stay_days} 天，按入院和出院时间为 {max(page.nights, 1)} 天。请核对。"


def _long_stay(look: Look) -> Iterator[Seen]:
    if look.page.stay_days > look.rules.long_stay_days:
        yield (
            "",
            f"住院 {look.page.stay_days} 天，超过 {look.rules.long_stay_days} 天，有的地区不按病组付费。"
            "请核对入院和出院时间。",
        )


def _charges(look: Look) -> Iterator[Seen]:
    page = look.page
    if page.charges < look.rules.least_charges:
        yield (
            "",
            f"收费明细合计 {yuan(page.charges)} 元，低于 {yuan(look.rules.least_charges)} 元。请核对收费是否已报送。",
        )
    elif page.stated != page.charges:
        yield "", f"首页总费用 {yuan(page.stated)} 元，收费明细合计 {yuan(page.charges)} 元。请核对首页费用或收费明细。"


CHECKS = (
    PageRule("main_missing", "没有主要诊断", Severity.BLOCKING, _main_missing),
    PageRule("ungrouped", "不能入组", Severity.BLOCKING, _ungrouped),
    PageRule("ambiguous", "主要诊断与手术不对应", Severity.WARNING, _ambiguous),
    PageRule("main_not_usable", "不宜作主要诊断", Severity.WARNING, _main_not_usable),
    PageRule("main_symptom", "主要诊断为症状", Severity.WARNING, _main_symptom),
    PageRule("sex_conflict", "性别与编码不符", Severity.WARNING, _sex, contradicts=True),
    PageRule("age_conflict", "年龄与编码不符", Severity.WARNING, _age, contradicts=True),
    PageRule("newborn", "新生儿信息不全", Severity.WARNING, _newborn),
    PageRule("repeated_code", "编码重复", Severity.WARNING, _repeated, contradicts=True),
    PageRule("unknown_code", "编码不在编码表中", Severity.WARNING, _unknown, contradicts=True),
    PageRule("procedure_order", "非手术操作列在手术之前", Severity.INFO, _procedure_order),
    PageRule("without_anaesthesia", "有手术而没有麻醉收费", Severity.INFO, _without_anaesthesia),
    PageRule("operation_not_coded", "有手术收费而没有手术操作", Severity.WARNING, _not_coded),
    PageRule("diagnosis_not_seen", "收费项目没有相应诊断", Severity.INFO, _suggested),
    PageRule("days_differ", "住院天数不符", Severity.WARNING, _days),
    PageRule("long_stay", "住院时间过长", Severity.INFO, _long_stay),
    PageRule("charges_differ", "费用不符", Severity.WARNING, _charges),
)
BY_CODE = {check.code: check for check in CHECKS}
TITLES = {check.code: check.title for check in CHECKS}


def examine(rules: RuleSet, page: FrontPage, dx: CodeTable, proc: CodeTable) -> tuple[FrontPageFinding, ...]:
    """All findings of an abstract, in the order of the checks; one for each code, item or abstract that a check names."""
    look = Look(rules, page, dx, proc)
    found: dict[tuple[str, str], FrontPageFinding] = {}
    for check in CHECKS:
        for subject, message in check.look(look):
            found.setdefault((check.code, subject), FrontPageFinding(check.code, check.severity, subject, message))
    return tuple(found.values())


def without(case: Case, rule: str, subject: str) -> Case | None:
    """The abstract without the code that a check found contradictory; None where the check names none, or the code stands
    first, since what would then stand first is for the doctor to say."""
    if not BY_CODE[rule].contradicts:
        return None
    diagnoses = _left(case.diagnoses, rule, subject)
    procedures = _left(case.procedures, rule, subject)
    if diagnoses is None or procedures is None or (diagnoses, procedures) == (case.diagnoses, case.procedures):
        return None
    return replace(case, diagnoses=diagnoses, procedures=procedures)


def _left(codes: tuple[str, ...], rule: str, subject: str) -> tuple[str, ...] | None:
    if rule == "repeated_code":
        return tuple(code for at, code in enumerate(codes) if code != subject or code not in codes[:at])
    if codes[:1] == (subject,):
        return None
    return tuple(code for code in codes if code != subject)
