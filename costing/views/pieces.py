"""高值耗材追溯: the open gaps of a month, and the life of one piece."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.selectors import access, pieces
from costing.tables.pieces import GapTable
from costing.views.choosing import Choice
from costing.views.purchases import MOVES, worded
from costing.views.spans import choose_institution
from ops_platform.his_intake.public import months_of
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.kernel import Actor, Period
from ops_platform.masterdata import months
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import TemplatePage


def choose(actor: Actor, asked: Mapping[str, str]) -> Choice:
    """One institution and one month: as asked for, else the first that has sent moves, and its last full month."""
    institutions = tuple(access.institutions(actor=actor))
    institution = choose_institution(institutions, asked.get("institution", ""))
    for one in [institution] if institution else institutions:
        periods = months_of(dataset=MOVES, institutions=[one.pk])
        if periods:
            offered = months.months(institutions=[one.pk], periods=periods, today=timezone.localdate())
            return Choice(institutions, one, tuple(offered), months.choose(offered, asked.get("period", "")), asked)
    return Choice(institutions, institution, (), None)


class Pieces(TemplatePage):
    """The pieces of a month and what does not fit together. The gaps name encounters, so that opening them is logged."""

    roles = access.READERS
    title = _("高值耗材追溯")
    template_name = "costing/pieces.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.choice = choose(self.actor, request.GET)
        self.found: pieces.MonthOfPieces | None = None
        institution, month = self.choice.institution, self.choice.month
        if institution is not None and month is not None:
            self.found = pieces.month_of_pieces(institution=institution.pk, period=Period.parse(month.period))
            log_patient_list(request, "trace_gaps", {institution: month.period})
            if request.GET.get("export") == "xlsx":
                values = iter(GapTable(self.found.gaps, institution=institution.pk).as_values())
                name = f"{self.title}-{institution.code}-{month.period}"
                return xlsx_response(name, next(values), values)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        institution = self.choice.institution
        gaps = self.found.gaps if self.found else ()
        kinds = [
            (title, count) for code, title in pieces.GAPS.items() if self.found and (count := self.found.count(code))
        ]
        return super().get_context_data(
            found=self.found,
            kinds=kinds,
            table=GapTable(gaps, institution=institution.pk) if institution and gaps else None,
            **self.choice.context(),
            **kwargs,
        )


class Piece(TemplatePage):
    """One piece from purchase to charge. It names encounters: opening it is logged."""

    roles = access.READERS
    title = _("高值耗材追溯")
    template_name = "costing/piece.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        barcode = worded(self.request, "barcode")
        institutions = {one.pk: one for one in access.institutions(actor=self.actor)}
        life = pieces.life_of_piece(institutions=list(institutions), barcode=barcode) if barcode else None
        for charge in life.charges if life else ():
            number = charge.difference.encounter_no
            log_patient_access(self.request, institutions[charge.institution], "piece", number)
        names = {pk: one.name for pk, one in institutions.items()}
        stages = _stages(life) if life else []
        return super().get_context_data(barcode=barcode, life=life, stages=stages, names=names, **kwargs)


def _stages(life: pieces.PieceLife) -> list[dict[str, Any]]:
    """The way of the piece as the page draws it: each stage with its moves, empty where it is missing."""
    of_stage = (
        (_("购"), _("采购入库"), ("purchase", "purchase_return")),
        (_("存"), _("调拨与盘点"), ("transfer_in", "transfer_out", "gain", "loss")),
        (_("领"), _("科室领用"), ("issue", "issue_return")),
        (_("用"), _("患者使用"), ("use",)),
    )
    stages: list[dict[str, Any]] = [
        {"mark": mark, "title": title, "moves": [move for move in life.moves if move.kind in kinds]}
        for mark, title, kinds in of_stage
    ]
    for stage in stages:
        stage["optional"] = stage["mark"] == _("存")
        stage["faulty"] = bool(stage["mark"] == _("用") and life.gaps)
    return stages
