"""What members of the alliance bear for each other in a month under one agreement.

Source: domain.md 5.4 (seed 004: experts sent down 60/40, joint examination 20 % / 30 %; examples, shares are negotiated),
seed 002 for shared centres. Shares and unit costs are those of the agreement's version in force in the month.

    cost of a service  服务成本 = amount, else volume × unit cost, else volume × unit cost of the agreement, half up

    who bears → to whom
    expert 专家下沉          receiver (基层) and pool (医联体统筹) by share of all services for the receiver → provider
    shared centre 共享中心   at price: as expert. At full cost: full cost of the centre's department is split by volume over
                             all that used it, the centre's own institution included, then by share → provider
    three levels 三级分担    county, township, village of the receiver's chain by share → provider
    joint exam 联合检查      base: exam income × its rate, upper: diagnosis income × its rate → pool holder

A cost is added up over all services of (provider and its department, receiver and its department) first, then divided by
`kernel.split`: largest remainder, ties to the earlier role, the parts are the cost to the fen, a negative cost is the mirror
of the positive. Rates of a joint examination are applied to each income and rounded half away from zero; they need not
add up to one. Where a chain lacks a level (a township has no village below it in the service), the others bear in the
proportion of their shares.

Nobody owes themselves: a part whose bearer is its payee is told as borne by itself and makes no dealing.

Each row names one agreement, so that no service is charged under two; an income that two agreements take of the same member
is a finding, as is every service that the agreement has no place for (kind, provider, receiver) or no cost. With a blocking
finding nothing is settled. No volume at all is a warning: the month settles at nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from ops_platform.kernel import Finding, Severity, split

ENGINE_VERSION = "1"
SCALE = 10**6
ONE = Decimal(1)
VOLUME_SCALE = 10**4


class AgreementKind(StrEnum):
    """Kinds of agreements."""

    EXPERT = "expert"
    JOINT_EXAM = "joint_exam"
    SHARED_CENTRE = "shared_centre"
    THREE_LEVEL = "three_level"


class PartyRole(StrEnum):
    """What a party does; the order decides ties of a split."""

    PROVIDER = "provider"
    RECEIVER = "receiver"
    POOL = "pool"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    BASE = "base"
    UPPER = "upper"


SHARING = {
    AgreementKind.EXPERT: (PartyRole.RECEIVER, PartyRole.POOL),
    AgreementKind.SHARED_CENTRE: (PartyRole.RECEIVER, PartyRole.POOL),
    AgreementKind.THREE_LEVEL: (PartyRole.COUNTY, PartyRole.TOWNSHIP, PartyRole.VILLAGE),
}
LEVELS = SHARING[AgreementKind.THREE_LEVEL]
KINDS_OF_SERVICE = {
    AgreementKind.EXPERT: frozenset({"expert"}),
    AgreementKind.JOINT_EXAM: frozenset({"diagnosis"}),
}
"""Kinds of services that an agreement is about, where it is not about any."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who takes part: `institution` None is whoever receives, or whoever is of that level. `share` of a cost, or the rate
    of an income."""

    role: PartyRole
    institution: int | None = None
    share: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """An agreement's version. `unit_costs` in yuan by kind of service; `by_full_cost` for a shared centre."""

    code: str
    kind: AgreementKind
    parties: tuple[Party, ...]
    unit_costs: Mapping[str, Decimal] = field(default_factory=dict)
    by_full_cost: bool = False

    def of(self, role: PartyRole) -> tuple[Party, ...]:
        """The parties of a role."""
        return tuple(party for party in self.parties if party.role is role)

    def share(self, role: PartyRole) -> Decimal:
        """The share of a role; nothing where nobody has it."""
        return next((party.share for party in self.of(role)), Decimal(0))

    @property
    def holder(self) -> int | None:
        """Who holds the pool."""
        return next((party.institution for party in self.of(PartyRole.POOL)), None)


@dataclass(frozen=True, slots=True)
class Service:
    """A line of `alliance-services`; `receiver` None is the provider itself. `amount` in fen, `unit_cost` in yuan."""

    reference: str
    provider: int
    provider_department: int
    receiver: int | None
    receiver_department: int | None
    kind: str
    volume: Decimal
    unit_cost: Decimal | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Income:
    """Exam income of a base member in fen. `taken_by` names another agreement that takes it, too."""

    institution: int
    amount: int | None
    taken_by: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The month. `chains`: for each receiver who of its chain is of which level. `full_cost` of the centre's department in
    fen, None where it is not known. `names` for findings."""

    services: Sequence[Service] = ()
    incomes: Sequence[Income] = ()
    chains: Mapping[int, Mapping[PartyRole, int]] = field(default_factory=dict)
    full_cost: int | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    def name(self, institution: int | None) -> str:
        """An institution in words."""
        return self.names.get(institution or 0, str(institution))


class What(StrEnum):
    """What an amount is that is divided."""

    SERVICES = "services"
    EXAM_INCOME = "exam_income"
    DIAGNOSIS_INCOME = "diagnosis_income"
    FULL_COST = "full_cost"


@dataclass(frozen=True, slots=True)
class Basis:
    """An amount that is divided: of whose services for whom, or whose income."""

    what: What
    provider: int
    provider_department: int | None
    receiver: int | None
    receiver_department: int | None
    volume: Decimal
    rows: int
    amount: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one bears of a basis for another: share of it, fen."""

    basis: int
    role: PartyRole
    bearer: int
    payee: int
    share: Decimal
    amount: int

    @property
    def is_dealing(self) -> bool:
        """Whether one owes another."""
        return self.bearer != self.payee


@dataclass(frozen=True, slots=True)
class Settlement:
    """A month of an agreement. Nothing is divided when there are blocking findings."""

    bases: tuple[Basis, ...]
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether it may not be used."""
        return any(finding.severity is Severity.BLOCKING for finding in self.findings)

    @property
    def total(self) -> int:
        """Fen that all bear."""
        return sum(part.amount for part in self.parts)


def faults_of(terms: Terms) -> tuple[Finding, ...]:
    """What is wrong with the terms themselves, whatever the month."""
    return tuple(_faults(terms))


def settle(terms: Terms, inputs: Inputs) -> Settlement:
    """Who bears how much for whom."""
    findings = [*faults_of(terms), *_misplaced(terms, inputs)]
    if any(finding.severity is Severity.BLOCKING for finding in findings):
        return Settlement((), (), tuple(findings))
    if terms.kind is AgreementKind.JOINT_EXAM:
        bases, parts = _joint(terms, inputs)
    else:
        bases, parts = _shared(terms, inputs)
    if not any(basis.amount for basis in bases):
        findings.append(
            _finding("agreement_no_volume", terms, "本月没有可分担的服务量或收入，请确认是否漏报。", Severity.WARNING)
        )
    return Settlement(tuple(bases), tuple(parts), tuple(findings))


def cost_of(terms: Terms, service: Service) -> int | None:
    """Fen of a service; None where nobody says what one costs."""
    if service.amount is not None:
        return service.amount
    unit_cost = service.unit_cost if service.unit_cost is not None else terms.unit_costs.get(service.kind)
    return None if unit_cost is None else _rounded(service.volume * unit_cost * 100)


def _rounded(value: Decimal) -> int:
    return int(value.quantize(ONE, ROUND_HALF_UP))


def _weights(shares: Iterable[Decimal]) -> list[int]:
    return [int(share * SCALE) for share in shares]


def _shared(terms: Terms, inputs: Inputs) -> tuple[list[Basis], list[Part]]:
    bases = _full_cost_bases(inputs) if terms.by_full_cost else _service_bases(terms, inputs)
    parts: list[Part] = []
    for place, basis in enumerate(bases):
        bearers = _bearers(terms, inputs, basis)
        amounts = split(basis.amount, _weights(share for _, _, share in bearers))
        parts += [
            Part(place, role, bearer, basis.provider, share, amount)
            for (role, bearer, share), amount in zip(bearers, amounts, strict=True)
        ]
    return bases, parts


def _bearers(terms: Terms, inputs: Inputs, basis: Basis) -> list[tuple[PartyRole, int, Decimal]]:
    """Who bears a basis, with the share; what a centre did for its own institution is its own."""
    if basis.receiver is None:
        return [(PartyRole.PROVIDER, basis.provider, ONE)]
    if terms.kind is AgreementKind.THREE_LEVEL:
        chain = inputs.chains[basis.receiver]
        return [(role, chain[role], terms.share(role)) for role in LEVELS if role in chain and terms.share(role)]
    people = ((PartyRole.RECEIVER, basis.receiver), (PartyRole.POOL, terms.holder))
    return [(role, who, terms.share(role)) for role, who in people if who is not None and terms.share(role)]


def _grouped(services: Iterable[Service]) -> list[tuple[tuple[int, int, int, int], list[Service]]]:
    groups: dict[tuple[int, int, int, int], list[Service]] = defaultdict(list)
    for one in services:
        groups[one.provider, one.provider_department, one.receiver or 0, one.receiver_department or 0].append(one)
    return sorted(groups.items())


def _service_bases(terms: Terms, inputs: Inputs, what: What = What.SERVICES) -> list[Basis]:
    return [
        Basis(
            what,
            provider,
            department,
            receiver or None,
            receiver_department or None,
            sum((one.volume for one in found), Decimal(0)),
            len(found),
            sum(cost_of(terms, one) or 0 for one in found),
        )
        for (provider, department, receiver, receiver_department), found in _grouped(inputs.services)
    ]


def _full_cost_bases(inputs: Inputs) -> list[Basis]:
    groups = _grouped(inputs.services)
    volumes = [sum((one.volume for one in found), Decimal(0)) for _, found in groups]
    weights = [int(volume * VOLUME_SCALE) for volume in volumes]
    amounts = split(inputs.full_cost or 0, weights) if any(weights) else (0,) * len(weights)
    return [
        Basis(
            What.FULL_COST,
            provider,
            department,
            receiver or None,
            receiver_department or None,
            volume,
            len(found),
            amount,
        )
        for ((provider, department, receiver, receiver_department), found), volume, amount in zip(
            groups, volumes, amounts, strict=True
        )
    ]


def _joint(terms: Terms, inputs: Inputs) -> tuple[list[Basis], list[Part]]:
    holder = terms.holder or 0
    rates = {party.institution: party.share for party in terms.of(PartyRole.BASE)}
    bases: list[Basis] = []
    parts: list[Part] = []
    for income in sorted(inputs.incomes, key=lambda one: one.institution):
        rate, amount = rates[income.institution], income.amount or 0
        parts.append(Part(len(bases), PartyRole.BASE, income.institution, holder, rate, _rounded(amount * rate)))
        bases.append(Basis(What.EXAM_INCOME, income.institution, None, None, None, Decimal(0), 0, amount))
    rate = terms.share(PartyRole.UPPER)
    for basis in _service_bases(terms, inputs, What.DIAGNOSIS_INCOME):
        parts.append(Part(len(bases), PartyRole.UPPER, basis.provider, holder, rate, _rounded(basis.amount * rate)))
        bases.append(basis)
    return bases, parts


def _finding(code: str, terms: Terms, words: str, severity: Severity = Severity.BLOCKING) -> Finding:
    return Finding(code=f"costing.{code}", severity=severity, message=f"协议 {terms.code}：{words}", subject=terms.code)


def _faults(terms: Terms) -> Iterable[Finding]:
    if any(not 0 <= party.share <= 1 or party.share * SCALE % 1 for party in terms.parties):
        yield _finding("agreement_share", terms, "分担比例应在 0 至 100% 之间，最多四位小数(百分数)。")
        return
    if terms.kind is AgreementKind.JOINT_EXAM:
        if not terms.of(PartyRole.BASE) or not terms.of(PartyRole.UPPER):
            yield _finding("agreement_parties", terms, "联合检查须写明基层机构和上级机构。")
        elif terms.holder is None:
            yield _finding("agreement_no_holder", terms, "须写明代管机构：联合成本由谁收取。")
        return
    shares = sum((terms.share(role) for role in SHARING[terms.kind]), Decimal(0))
    if shares != 1:
        yield _finding("agreement_shares_sum", terms, f"各方分担比例合计为 {shares:.2%}，应为 100%。")
    if terms.share(PartyRole.POOL) and terms.holder is None:
        yield _finding("agreement_no_holder", terms, "有医联体统筹分担，须写明代管机构。")
    if terms.by_full_cost and (terms.kind is not AgreementKind.SHARED_CENTRE or len(terms.of(PartyRole.PROVIDER)) != 1):
        yield _finding("agreement_parties", terms, "按全成本分摊只用于共享中心，并须写明一家提供机构及其科室。")


def _misplaced(terms: Terms, inputs: Inputs) -> Iterable[Finding]:
    kinds = KINDS_OF_SERVICE.get(terms.kind)
    providers = {party.institution for party in terms.of(PartyRole.PROVIDER)}
    uppers = {party.institution for party in terms.of(PartyRole.UPPER)}
    bases = {party.institution for party in terms.of(PartyRole.BASE)}
    receivers = {party.institution for party in terms.of(PartyRole.RECEIVER)} - {None}
    allowed = uppers if terms.kind is AgreementKind.JOINT_EXAM else providers
    takers = bases if terms.kind is AgreementKind.JOINT_EXAM else receivers
    for one in inputs.services:
        if kinds is not None and one.kind not in kinds:
            yield _finding("agreement_other_kind", terms, f"服务记录 {one.reference} 的服务类别不属于本协议，请更正。")
        elif allowed and one.provider not in allowed:
            yield _finding(
                "agreement_not_a_party",
                terms,
                f"服务记录 {one.reference} 的提供方 {inputs.name(one.provider)} 不是协议的提供方。",
            )
        elif one.receiver is None and terms.kind is not AgreementKind.SHARED_CENTRE:
            yield _finding("agreement_no_receiver", terms, f"服务记录 {one.reference} 没有接受机构，请补报。")
        elif takers and one.receiver is not None and one.receiver not in takers:
            yield _finding(
                "agreement_not_a_party",
                terms,
                f"服务记录 {one.reference} 的接受方 {inputs.name(one.receiver)} 不是协议的接受方。",
            )
        elif not terms.by_full_cost and cost_of(terms, one) is None:
            yield _finding(
                "agreement_no_rate",
                terms,
                f"服务记录 {one.reference} 没有金额和单位成本，协议也没有这类服务的单位成本，请补充其一。",
            )
        elif terms.kind is AgreementKind.THREE_LEVEL and not any(
            terms.share(role) for role in inputs.chains.get(one.receiver or 0, {}) if role in LEVELS
        ):
            yield _finding(
                "agreement_no_chain",
                terms,
                f"服务记录 {one.reference} 的接受方 {inputs.name(one.receiver)} 不在县、乡、村任何有分担比例的一级。",
            )
    for income in inputs.incomes:
        if income.taken_by:
            yield _finding(
                "agreement_counted_twice",
                terms,
                f"{inputs.name(income.institution)} 的检查收入已按协议 {income.taken_by} 分担，不能重复收费。",
            )
        elif income.amount is None:
            yield _finding(
                "agreement_no_cost_run",
                terms,
                f"{inputs.name(income.institution)} 本月还没有成本运行，检查收入未知，请先运行科室成本分摊。",
            )
    if terms.by_full_cost and inputs.full_cost is None:
        yield _finding("agreement_no_cost_run", terms, "共享中心科室本月还没有成本运行，全成本未知。")
    elif terms.by_full_cost and inputs.full_cost and not any(one.volume for one in inputs.services):
        yield _finding("agreement_no_usage", terms, "共享中心有成本而没有使用量，无法分摊，请补报服务记录。")
