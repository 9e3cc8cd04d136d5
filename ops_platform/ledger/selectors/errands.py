"""Long work that was asked for: who sees it, how far it is, what came of it in words."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ops_platform.kernel import Actor, NotFound, Period
from ops_platform.ledger.models import Errand
from ops_platform.ledger.selectors.access import READERS
from ops_platform.masterdata.models import Institution


def access_errand(actor: Actor, errand_id: int) -> Errand:
    """One over an institution whose books the actor may see. Raises NotFound."""
    rows = Errand.objects.visible_to(actor, *READERS).select_related("institution")
    row = rows.filter(pk=errand_id).first()
    if row is None:
        raise NotFound("ledger.no_errand", "没有这项后台任务。")
    return row


def latest(kind: str, institution: Institution, period: Period | None = None, subject: str = "") -> Errand | None:
    """The last one of a kind over an institution, its month, and what it is about."""
    rows: QuerySet[Errand] = Errand.objects.filter(kind=kind, institution=institution)
    if period is not None:
        rows = rows.filter(period=str(period))
    return rows.filter(subject=subject).select_related("institution").order_by("-id").first()


def latest_done(kind: str, institution: Institution, period: Period) -> Errand | None:
    """The last one of a kind over a month that succeeded."""
    rows = Errand.objects.filter(kind=kind, institution=institution, period=str(period), subject="")
    return rows.filter(state=Errand.State.SUCCEEDED).order_by("-id").first()


def outcome_words(errand: Errand) -> str:
    """What came of an errand that succeeded, for who waited for it."""
    done = {name: f"{count:,}" for name, count in errand.result.items() if isinstance(count, int)}
    if errand.kind == Errand.Kind.EXPORT:
        return _("文件已生成：%(entries)s 张凭证，%(lines)s 行分录。") % done
    if errand.kind == Errand.Kind.PREVIEW:
        return _("已试算 %(events)s 件业务，%(different)s 件的分录不同。") % done
    if errand.kind == Errand.Kind.OUTLOOK:
        return _("共 %(events)s 件业务与账不符，其中 %(unplaced)s 件无法记账。") % done
    if not errand.result["booked"] and not errand.result["taken_back"]:
        words = _("没有新的业务需要记账，%(standing)s 件业务都已按现状生成凭证。") % done
    else:
        words = _("已生成 %(booked)s 张凭证，红字冲销 %(taken_back)s 张。") % done
    if errand.result["findings"]:
        words += _("另有 %(findings)s 处无法记账，原因和办法见「无法记账」。") % done
    return words
