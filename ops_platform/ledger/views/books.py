"""What pages over one institution and its month have in common: which institution, which month."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from ops_platform.kernel import Invalid, NotFound, Period, Role
from ops_platform.ledger.selectors import access, modes, statements
from ops_platform.masterdata import months
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.months import Month
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import TemplatePage


def month_of(text: str) -> Period:
    """The month that somebody named. Raises Invalid."""
    try:
        return Period.parse(text)
    except ValueError:
        raise Invalid("ledger.period_missing", _("请选择期间，如 2026-03。"), field="period") from None


class InstitutionPage(TemplatePage):
    """A page over one institution: the one that the address names, else the first. Raises NotFound for one that the reader
    may not see."""

    roles: ClassVar[tuple[Role, ...]] = access.READERS

    @cached_property
    def institutions(self) -> list[Institution]:
        return list(access.institutions(self.actor))

    @cached_property
    def institution(self) -> Institution | None:
        asked = self.request.GET.get("institution", "")
        if not asked:
            return next(iter(self.institutions), None)
        named = next((one for one in self.institutions if one.pk == number_of(asked)), None)
        if named is None:
            raise NotFound("ledger.no_institution", _("没有这个机构。"))
        return named


class BooksPage(InstitutionPage):
    """A page over one institution's month: the one that the address names, else the last closed one."""

    def periods(self) -> list[str]:
        """The months to choose from, newest first."""
        known = AccountingPeriod.objects.filter(institution=self.institution).order_by("-period")
        return list(known.values_list("period", flat=True))

    @cached_property
    def months(self) -> list[Month]:
        if self.institution is None:
            return []
        return months.months(institutions=[self.institution.pk], periods=self.periods(), today=timezone.localdate())

    @cached_property
    def month(self) -> Month | None:
        return months.choose(self.months, self.request.GET.get("period", "")) if self.months else None

    @property
    def period(self) -> Period | None:
        """The month of the figures."""
        return Period.parse(self.month.period) if self.month else None

    @cached_property
    def elsewhere(self) -> bool:
        """Whether the month's official figures come from books kept elsewhere."""
        if self.institution is None or self.period is None:
            return False
        return modes.kept_elsewhere(self.institution.pk, self.period)

    @cached_property
    def notes(self) -> list[str]:
        """Where the figures come from, where their year begins, what they lack."""
        if self.institution is None or self.period is None:
            return []
        return statements.notes_of(institution=self.institution, period=self.period)

    @property
    def scope(self) -> dict[str, Any]:
        """For `components/scope_picker.html`."""
        return {
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
        }
