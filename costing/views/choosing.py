"""Which institution and month a page of costing is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _now

from costing.selectors import access
from ops_platform.kernel import Actor
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.months import Month


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen and what is; nothing where the reader has no institution, or it has no month. `asked` is the query
    of the address, which may name what cannot be shown."""

    institutions: tuple[Institution, ...]
    institution: Institution | None
    months: tuple[Month, ...]
    month: Month | None
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def instead(self) -> list[str]:
        """What is said where something else is shown than was asked for."""
        told = []
        named = self.asked.get("institution", "")
        if named and (self.institution is None or str(self.institution.pk) != named):
            shown = self.institution.name if self.institution else _now("全部机构")
            told.append(_now("没有您可以查看的这个机构，显示的是 %s。") % shown)
        told.append(months.instead(self.months, self.asked.get("period", "")))
        return [words for words in told if words]

    @property
    def mark(self) -> str:
        """How final the month is, in words."""
        return str(self.month.mark) if self.month else ""

    def context(self) -> dict[str, Any]:
        """For the scope picker of the page."""
        return {
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
            "shown_instead": self.instead,
        }

    def find(self, current: Callable[..., Any]) -> Any:
        """`current(institution=…, period=…)` of what is chosen; None where nothing is."""
        if self.institution is None or self.month is None:
            return None
        return current(institution=self.institution.pk, period=self.month.period)


def choose(actor: Actor, asked: Mapping[str, str], periods: Callable[..., list[str]]) -> Choice:
    """Institution and month as asked for, else the first and the last closed one among `periods(institution=…)`."""
    institutions = tuple(access.institutions(actor=actor))
    named = [one for one in institutions if str(one.pk) == asked.get("institution")]
    institution = next(iter([*named, *institutions]), None)
    if institution is None:
        return Choice((), None, (), None)
    offered = months.months(
        institutions=[institution.pk], periods=periods(institution=institution.pk), today=timezone.localdate()
    )
    return Choice(institutions, institution, tuple(offered), months.choose(offered, asked.get("period", "")), asked)
