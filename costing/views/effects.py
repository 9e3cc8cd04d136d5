"""耗材成本效果比较: imported against domestic, or product against product, within a disease group."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from costing.selectors import effects, purchases
from costing.tables.effects import EffectCaseTable, EffectTable
from costing.views.purchases import SpanPage, worded
from ops_platform.his_intake.public import used_items
from ops_platform.identity.access import log_patient_list

BY = (("origin", _("进口与国产")), ("goods", _("两个品种")))


class MaterialEffects(SpanPage):
    """Disease groups with the two sides of a comparison."""

    title = _("耗材成本效果")
    template_name = "costing/material_effects.html"
    empty_hint = _("请报送「药品耗材进销存」中的患者使用记录，并写明产地；病组取自已分组的出院病例。")

    def compared(self) -> effects.Effects | None:
        """The comparison asked for; None where nothing was used on patients."""
        self.items = used_items(institutions=self.span.chosen, days=self.span.days)
        codes = [one.code for one in self.items]
        asked = worded(self.request, "item")
        self.item = asked if asked in codes else next(iter(codes), "")
        self.by = self.request.GET.get("by", "origin")
        if self.by not in dict(BY):
            raise Http404
        self.sides = [side for side in (worded(self.request, "a"), worded(self.request, "b")) if side]
        if not self.item:
            return None
        return effects.effects(
            institutions=self.span.chosen, days=self.span.days, item_code=self.item, by=self.by, sides=self.sides
        )

    def query(self, **more: Any) -> str:
        """The address of the same comparison."""
        own = {"item": self.item, "by": self.by}
        own |= dict(zip(("a", "b"), self.sides, strict=False))
        return self.span.query(**{**own, **more})

    def table(self) -> EffectTable:
        found = self.compared()
        return EffectTable(found.groups if found else (), query=self.query)

    def figures(self) -> dict[str, Any]:
        found = self.compared()
        products: list[tuple[str, str]] = []
        if found and self.by == "goods":
            products = effects.products_of_item(institutions=self.span.chosen, days=self.span.days, item_code=self.item)
        return {
            "found": found,
            "table": EffectTable(found.groups, query=self.query) if found and found.groups else None,
            "items": self.items,
            "item": self.item,
            "by": self.by,
            "ways": BY,
            "products": products,
            "least": purchases.marked(key="costing.effect_minimum_cases", day=self.span.days[1]),
        }


class EffectCases(MaterialEffects):
    """The cases of one disease group and their sum. It names encounters: opening it is logged."""

    title = _("耗材比较的病例")
    template_name = "costing/effect_cases.html"

    def table(self) -> EffectCaseTable:
        return self._cases()[1]

    def _cases(self) -> tuple[effects.GroupEffect, EffectCaseTable]:
        found = self.compared()
        drg = worded(self.request, "drg")
        group = next((one for one in found.groups if one.drg == drg), None) if found else None
        if group is None:
            raise Http404
        shown = [one for one in self.span.institutions if one.pk in self.span.chosen]
        log_patient_list(self.request, "effect_cases", dict.fromkeys(shown, f"{self.item} {drg}"))
        rows = [case for arm in group.arms for case in arm.cases]
        return group, EffectCaseTable(rows, titles=dict(found.sides) if found else {}, names=self.span.names)

    def figures(self) -> dict[str, Any]:
        group, table = self._cases()
        back = self.query()
        return {"group": group, "table": table, "back": back, "title": f"{group.drg} {group.name}"}
