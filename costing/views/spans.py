"""Which institutions and which months a page of purchase and use is about: from one month to another, one member or all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _now

from costing.selectors import access
from ops_platform.his_intake.public import months_of
from ops_platform.kernel import Actor, Period
from ops_platform.masterdata.models import Institution

SPAN = 12


@dataclass(frozen=True, slots=True)
class Span:
    """What can be chosen and what is: `institution` None is all that the reader sees; no months where nothing was sent."""

    institutions: tuple[Institution, ...]
    institution: Institution | None
    months: tuple[str, ...]
    first: str
    last: str
    asked: tuple[str, ...] = ()

    @property
    def instead(self) -> list[str]:
        """What is said where other months are shown than were asked for."""
        missing = "、".join(month[:20] for month in self.asked if month and month not in self.months)
        if not missing:
            return []
        if not self.months:
            return [_now("%s 没有报送数据。") % missing]
        shown = {"asked": missing, "first": self.first, "last": self.last}
        return [_now("%(asked)s 没有报送数据，显示的是 %(first)s 至 %(last)s。") % shown]

    @property
    def chosen(self) -> list[int]:
        """The institutions of the page."""
        return [one.pk for one in ([self.institution] if self.institution else self.institutions)]

    @property
    def days(self) -> tuple[date, date]:
        """From the first day of the first month to the last day of the last."""
        return Period.parse(self.first).first_day, Period.parse(self.last).last_day

    @property
    def names(self) -> dict[int, str]:
        """Institutions by number."""
        return {one.pk: one.name for one in self.institutions}

    def __bool__(self) -> bool:
        return bool(self.months)

    def query(self, **more: Any) -> str:
        """The address of the same span, with more or with something else."""
        own = {"institution": self.institution.pk if self.institution else "", "first": self.first, "last": self.last}
        return urlencode({name: value for name, value in {**own, **more}.items() if value not in ("", None)})

    def context(self) -> dict[str, Any]:
        """For the picker of the page."""
        return {
            "span": self,
            "institutions": self.institutions,
            "institution": self.institution,
            "shown_instead": self.instead,
        }


def choose_institution(institutions: tuple[Institution, ...], asked: str) -> Institution | None:
    """The institution asked for; the only one there is; else None, all of them. Raises Http404 for what one may not see."""
    if asked:
        named = [one for one in institutions if str(one.pk) == asked]
        if not named:
            raise Http404
        return named[0]
    return institutions[0] if len(institutions) == 1 else None


def choose_span(actor: Actor, asked: Mapping[str, str], dataset: str) -> Span:
    """As asked for; else the twelve months until the last full one of which the dataset was sent."""
    institutions = tuple(access.institutions(actor=actor))
    institution = choose_institution(institutions, asked.get("institution", ""))
    chosen = [institution] if institution else institutions
    months = tuple(months_of(dataset=dataset, institutions=[one.pk for one in chosen]))
    named = (asked.get("first", ""), asked.get("last", ""))
    if not months:
        return Span(institutions, institution, (), "", "", named)
    present = str(Period.of(timezone.localdate()))
    full = [month for month in months if month < present]
    last = asked.get("last", "") if asked.get("last") in months else next(iter([*full, *months]))
    first = asked.get("first", "") if asked.get("first") in months else min(m for m in months if m <= last)
    if "first" not in asked:
        first = sorted(month for month in months if month <= last)[-SPAN:][0]
    return Span(institutions, institution, months, min(first, last), max(first, last), named)
