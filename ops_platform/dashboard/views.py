"""The cockpit, the comparison of institutions, and the start page of those who have no business figures to see."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from costing import public as costing
from insurance_settlement import public as settlement
from ops_platform.dashboard import scope as scopes
from ops_platform.dashboard import yardstick
from ops_platform.dashboard.cards import CardMaker, compared
from ops_platform.dashboard.cockpit import comparison, deviations, figures, pictures
from ops_platform.dashboard.scope import CockpitScope
from ops_platform.dashboard.tables import AMOUNTS, ComparisonTable
from ops_platform.dashboard.unit import Unit, unit_of
from ops_platform.dashboard.withholding import EVERYTHING_SHOWN, Withheld, withhold
from ops_platform.dashboard.yardstick import Yardstick
from ops_platform.his_intake.public import intake_counts
from ops_platform.kernel import Role
from ops_platform.masterdata import months
from ops_platform.masterdata.models import InstitutionKind
from ops_platform.web import changes, navigation
from ops_platform.web.pages import ListPage, TemplatePage


class _Scoped:
    """Reads what the address asks for once."""

    actor: Any
    request: HttpRequest

    @cached_property
    def scope(self) -> CockpitScope:
        return scopes.read_scope(
            actor=self.actor,
            institution=self.request.GET.get("institution", ""),
            period=self.request.GET.get("period", ""),
            today=timezone.localdate(),
        )

    @cached_property
    def withheld(self) -> Withheld:
        """What this reader does not get, in any of the months; settled over all institutions that the reader sees, so
        that one page does not give away what another withholds."""
        scope = self.scope
        if not scope.aggregates_only:
            return EVERYTHING_SHOWN
        numbers = [one.pk for one in scope.visible]
        periods = [one.period for one in scope.months]
        return withhold(
            rows=[[one.pk for one in members] for members in comparison.groups_of(scope.visible).values()],
            activities=costing.activities(institutions=numbers, periods=periods),
            settlements=settlement.settlement_totals(institutions=numbers, periods=periods),
        )


class Home(_Scoped, TemplatePage):
    """The first page. Business readers get the cockpit, department heads their department, others a neutral start."""

    title = _("运营驾驶舱")
    template_name = "dashboard/cockpit.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = getattr(request, "actor", None)
        if actor is not None and not actor.has(*scopes.COCKPIT_READERS):
            own = [grant.department for grant in actor.grants if grant.role == Role.DEPARTMENT_HEAD]
            if own and own[0] is not None:
                return redirect("department", own[0])
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        if not self.actor.has(*scopes.COCKPIT_READERS):
            return ["dashboard/start.html"]
        return ["dashboard/cockpit.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.actor.has(*scopes.COCKPIT_READERS):
            home = reverse("home")
            groups = [group for group in navigation.for_actor(self.actor) if group.items[0].url != home]
            return {**context, "title": _("开始"), "start_groups": groups}
        scope = self.scope
        context |= {
            "scope": scope,
            "institutions": scope.visible,
            "institution": scope.chosen,
            "months": scope.months,
            "month": scope.month,
            "everything": _("全部机构"),
        }
        return context | self._figures(scope) if scope.month else context

    def _figures(self, scope: CockpitScope) -> dict[str, Any]:
        month = scope.month
        if month is None:
            return {}
        against = self._yardstick(month)
        pair = (month.period, against.before) if against.before else (month.period,)
        activities = costing.activities(institutions=scope.numbers, periods=against.periods)
        settlements = settlement.settlement_totals(institutions=scope.numbers, periods=against.periods)
        sums = figures.by_period(activities, settlements, against.periods, scope.numbers, self.withheld)
        same_days = self._first_days(against) if against.partial else sums
        deep = not scope.aggregates_only and self.actor.has(*scopes.COST_READERS)
        departments = costing.clinical_departments(institutions=scope.numbers, periods=pair) if deep else []
        rows = self._compared_rows(month, activities, settlements)
        unit = self._unit([*sums.values(), *same_days.values(), *departments, *rows])
        maker = CardMaker(sums[month.period], compared(against, same_days), unit, partial=against.partial)
        planned = self._planned(month.period, activities)
        great, rest = figures.cards(maker, self._addresses(scope, deep), planned)
        return {
            "great": great,
            "rest": rest,
            "now": sums[month.period],
            "against": against,
            "sentence": against.sentence(compared=bool(maker.comparisons)),
            "deviations": self._deviations(against, activities, departments, deep),
            "deep": deep,
            "unit": unit,
            "present": self._present(scope, unit),
            **self._pictures(scope, against.before, departments, deep, unit),
            "comparison": ComparisonTable(rows, unit=unit, order_by=self.request.GET.get("sort")) if rows else None,
        }

    def _planned(self, period: str, activities: Sequence[costing.Activity]) -> Decimal | None:
        """The budget of the month's cost; None where not everybody whose cost is shown has one."""
        spending = [row.institution for row in activities if row.period == period and row.cost]
        planned = costing.planned_costs(institutions=spending, period=period)
        return sum(planned.values(), Decimal(0)) if planned and all(number in planned for number in spending) else None

    def _told_totals(self) -> list[costing.RunTotal]:
        """The sums of all months, but for what is withheld."""
        numbers = self.scope.numbers
        return [row for row in self.scope.totals if "cases" not in self.withheld.of(row.period, numbers)]

    def _unit(self, shown: Sequence[Any]) -> Unit:
        """The unit of the page: of the months' sums and of the other rows that are shown."""
        sums = pictures.by_period(self._told_totals()).values()
        amounts = [amount for income, cost in sums for amount in (income, cost, income - cost)]
        return unit_of([*amounts, *(getattr(row, name) for row in shown for name in AMOUNTS if hasattr(row, name))])

    def _yardstick(self, month: months.Month) -> Yardstick:
        scope = self.scope
        return yardstick.of_month(
            month=month, known=scope.months, institutions=scope.numbers, today=timezone.localdate()
        )

    def _first_days(self, against: Yardstick) -> dict[str, figures.MonthFigures]:
        """The figures of the days that an open month has, of each month that it is set against.

        Readers of aggregates get none: beside the whole month they would tell single days.
        """
        scope = self.scope
        if scope.aggregates_only:
            return {}
        work = costing.work_of_first_days(institutions=scope.numbers, periods=against.periods, days=against.days or 0)
        return figures.by_period(work, (), against.periods, scope.numbers, self.withheld)

    def _deviations(
        self,
        against: Yardstick,
        activities: list[costing.Activity],
        departments: list[costing.DepartmentFigures],
        deep: bool,
    ) -> list[deviations.Deviation] | None:
        """None where this reader can be told nothing: departments are not for them, and what falls among institutions
        is not known where there is one, or where none fell of those that are not withheld."""
        names = {one.pk: one.name for one in self.scope.institutions}
        period, before = against.month.period, against.before
        if not deep and len(names) < 2:
            return None
        if not against.comparable:
            return []
        if deep:
            return deviations.of_departments(departments, names, period, before)
        told = [row for row in activities if "cases" not in self.withheld.of(row.period, [row.institution])]
        found = deviations.of_institutions(told, names, period, before)
        return None if not found and len(told) < len(activities) else found

    def _addresses(self, scope: CockpitScope, deep: bool) -> dict[str, str]:
        """Where the cards lead."""
        if scope.chosen is None or scope.month is None:
            return dict.fromkeys(("income", "cost", "surplus"), "#institutions") if len(scope.visible) > 1 else {}
        asked = f"?institution={scope.chosen.pk}&period={scope.month.period}"
        found = {} if scope.aggregates_only else {"cases": reverse("insurance_settlement:month") + asked}
        if deep:
            found |= {
                "cost": reverse("costing:direct-costs") + asked,
                "surplus": "#departments",
                "income": "#departments",
            }
        return found

    def _present(self, scope: CockpitScope, unit: Unit) -> dict[str, Any] | None:
        """The running month beside the one that is shown."""
        running = next((month for month in scope.months if month.running), None)
        if running is None or running == scope.month or scope.aggregates_only:
            return None
        income, cost = pictures.by_period(scope.totals)[running.period]
        against = self._yardstick(running)
        found = compared(against, self._first_days(against))
        moved = [one.change("income", income, unit.form, changes.percent, "up") for one in found]
        return {
            "month": running,
            "income": unit.shown(income),
            "cost": unit.shown(cost),
            "surplus": unit.shown(income - cost),
            "against": against,
            "changes": [change for change in moved if change],
        }

    def _pictures(
        self, scope: CockpitScope, before: str, departments: list[Any], deep: bool, unit: Unit
    ) -> dict[str, Any]:
        month = scope.month
        if month is None:
            return {}
        home = f"{reverse('home')}?institution={scope.chosen.pk if scope.chosen else ''}"
        running = frozenset(one.period for one in scope.months if one.running)
        periods = (month.period, before) if before else (month.period,)
        amounts = costing.cost_composition(institutions=scope.numbers, periods=periods)
        table = ""
        if deep and scope.chosen:
            table = f"{reverse('costing:direct-costs')}?institution={scope.chosen.pk}&period={month.period}"
        totals = self._told_totals()
        told = {row.period for row in totals}
        shown = {"trend": pictures.trend(pictures.by_period(totals), home, running, unit)}
        if month.period in told:
            past = before if before in told else ""
            shown["composition"] = pictures.composition(amounts, month.period, past, table, unit)
        if departments:
            names = {one.pk: one.name for one in scope.institutions}
            shown["ranking"] = pictures.ranking([row for row in departments if row.period == month.period], names, unit)
        if len(scope.institutions) > 1:
            groups = comparison.groups_of(scope.institutions)
            rows = {name: frozenset(one.pk for one in members) for name, members in groups.items()}
            shown["heat"] = pictures.heat_map(
                scope.totals,
                rows,
                {
                    name: reverse("home") + f"?institution={members[0].pk if len(members) == 1 else ''}"
                    for name, members in groups.items()
                },
                running,
                self.withheld,
            )
        return shown

    def _compared_rows(self, month: months.Month, activities: Any, settlements: Any) -> list[comparison.ComparisonRow]:
        scope = self.scope
        if len(scope.institutions) < 2:
            return []
        return comparison.compare(
            comparison.groups_of(scope.institutions),
            month.period,
            activities,
            settlements,
            intake_counts(institutions=scope.numbers, period=month.period),
            self.withheld,
        )


class Comparison(_Scoped, ListPage):
    """All institutions side by side, sortable and as .xlsx."""

    roles = scopes.COCKPIT_READERS
    title = _("机构比较")
    template_name = "dashboard/comparison.html"
    table_class = ComparisonTable
    empty_title = _("还没有可比较的数据")
    empty_hint = _("机构报送数据并完成夜间运行后，在这里比较。")

    def get_queryset(self) -> list[comparison.ComparisonRow]:
        scope = self.scope
        if scope.month is None:
            return []
        self.kind = self.request.GET.get("kind", "")
        if self.kind not in InstitutionKind.values:
            self.kind = ""
        shown = [one for one in scope.institutions if self.kind in ("", one.kind)]
        numbers = [one.pk for one in shown]
        periods = (scope.month.period,)
        return comparison.compare(
            {one.name: (one,) for one in shown},
            scope.month.period,
            costing.activities(institutions=numbers, periods=periods),
            settlement.settlement_totals(institutions=numbers, periods=periods),
            intake_counts(institutions=numbers, period=scope.month.period),
            self.withheld,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        kind = getattr(self, "kind", "")
        return {
            **context,
            "months": self.scope.months,
            "month": self.scope.month,
            "kind": kind,
            "kinds": InstitutionKind.choices,
            "kept": {"kind": kind} if kind else {},
        }
