"""What the intake says on the month-end board: last data, rows in quarantine, findings."""

from collections.abc import Collection, Mapping

from django.db.models import Count, Max, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ops_platform.his_intake.models import DatasetMonth, QualityFinding, QuarantinedRow
from ops_platform.nightly.public import BoardColumn, Mark

Cell = tuple[int, str]


def _last_data(institutions: Collection[int], periods: Collection[str]) -> Mapping[Cell, Mark]:
    touched = DatasetMonth.objects.filter(institution__in=institutions, month__in=periods).order_by()
    found = {
        (institution, month): (count, at)
        for institution, month, count, at in touched.values_list("institution", "month").annotate(
            count=Count("id"), at=Max("touched_at")
        )
    }
    marks = {}
    for institution in institutions:
        for period in periods:
            url = reverse("his_intake:institution", args=[institution])
            count, at = found.get((institution, period), (0, None))
            words = (
                _("%(count)s 个数据集 · %(day)s") % {"count": count, "day": f"{timezone.localtime(at):%m-%d %H:%M}"}
                if at
                else _("没有数据")
            )
            marks[institution, period] = Mark(words, "neutral" if at else "warn", url)
    return marks


def _waiting(institutions: Collection[int], periods: Collection[str]) -> Mapping[Cell, Mark]:
    """A faulty row has no certain month: what waits counts for each."""
    rows = QuarantinedRow.objects.filter(institution__in=institutions, state=QuarantinedRow.State.OPEN).order_by()
    url = reverse("his_intake:quarantine")
    return {
        (institution, period): Mark(_("%(count)s 行") % {"count": count}, "bad", f"{url}?institution={institution}")
        for institution, count in rows.values_list("institution").annotate(count=Count("id"))
        for period in periods
    }


def _findings(institutions: Collection[int], periods: Collection[str]) -> Mapping[Cell, Mark]:
    found = QualityFinding.objects.filter(institution__in=institutions, period__in=periods).order_by()
    url = reverse("his_intake:quality")
    return {
        (institution, period): Mark(
            _("%(count)s 处") % {"count": total}, "warn", f"{url}?institution={institution}&period={period}"
        )
        for institution, period, total in found.values_list("institution", "period").annotate(total=Sum("count"))
    }


COLUMNS = (
    BoardColumn("his_intake.last_data", gettext_lazy("收到的数据"), _last_data, order=10),
    BoardColumn("his_intake.waiting", gettext_lazy("隔离区(不分月)"), _waiting, order=20),
    BoardColumn("his_intake.findings", gettext_lazy("质量问题"), _findings, order=30),
)
