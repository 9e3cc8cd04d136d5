"""What pages over one institution's month have in common: which institution and which month."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.functional import cached_property

from ops_platform.kernel import Role
from ops_platform.ledger.selectors import access
from ops_platform.masterdata import months
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.months import Month
from ops_platform.web.pages import TemplatePage


class BooksPage(TemplatePage):
    """A page over one institution's month: those that the address names, else the first and the last closed one."""

    roles: ClassVar[tuple[Role, ...]] = access.READERS

    @cached_property
    def institutions(self) -> list[Institution]:
        return list(access.institutions(self.actor))

    @cached_property
    def institution(self) -> Institution | None:
        asked = self.request.GET.get("institution", "")
        named = [one for one in self.institutions if str(one.pk) == asked]
        return next(iter([*named, *self.institutions]), None)

    @cached_property
    def months(self) -> list[Month]:
        if self.institution is None:
            return []
        periods = AccountingPeriod.objects.filter(institution=self.institution).values_list("period", flat=True)
        return months.months(
            institutions=[self.institution.pk], periods=sorted(periods, reverse=True), today=timezone.localdate()
        )

    @cached_property
    def month(self) -> Month | None:
        return months.choose(self.months, self.request.GET.get("period", "")) if self.months else None

    @property
    def scope(self) -> dict[str, Any]:
        """For `components/scope_picker.html`."""
        return {
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
        }
