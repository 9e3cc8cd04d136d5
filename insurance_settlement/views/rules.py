"""Schemes, price books and pooling areas."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors, services
from insurance_settlement.engine.rule_book import Method
from insurance_settlement.engine.rule_book_checks import groups_without_worth
from insurance_settlement.forms import AreaForm, PriceBookForm, SchemeForm
from insurance_settlement.rule_reach import why_no_scheme
from insurance_settlement.rule_words import words_of
from insurance_settlement.schemes import compiled_scheme, rule_book
from insurance_settlement.selectors import MONTH_READERS, GroupWorth
from insurance_settlement.tables import AreaMemberTable, GroupWorthTable, PriceBookTable, SchemeTable
from ops_platform.web.pages import FormPage, ListPage, TemplatePage
from ops_platform.web.people import names_of

RULE_READERS = MONTH_READERS


class Rules(TemplatePage):
    """Schemes and price books."""

    roles = RULE_READERS
    title = _("分组方案与价格")
    template_name = "insurance_settlement/rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            schemes=SchemeTable(selectors.grouping_schemes()),
            books=PriceBookTable(selectors.price_books()),
            members=AreaMemberTable(selectors.area_members(actor=self.actor)),
            may_import=self.actor.has(*services.IMPORTERS),
            may_import_schemes=why_no_scheme(self.actor) is None,
            **kwargs,
        )


class SchemeDetail(TemplatePage):
    """What the checks found in a scheme."""

    roles = RULE_READERS
    template_name = "insurance_settlement/scheme.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = selectors.grouping_schemes().filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise Http404
        people = names_of([row.imported_by])
        return {**super().get_context_data(scheme=row, people=people, **kwargs), "title": row.name}


class PriceBookPage(ListPage):
    """A price book: its rules in words, and what each group is worth."""

    roles = RULE_READERS
    template_name = "insurance_settlement/price_book.html"
    table_class = GroupWorthTable
    per_page = 100
    empty_title = _("没有这样的病组")
    empty_hint = _("请换一个编码或名称。")

    def get_queryset(self) -> list[GroupWorth]:
        self.book = selectors.access_price_book(self.kwargs["pk"])
        self.export_name = self.book.name
        self.words = self.request.GET.get("words", "").strip()
        rows = selectors.worths_of(self.book)
        return [one for one in rows if one.code.startswith(self.words.upper()) or self.words in one.name]

    def get_table(self, rows: Any) -> GroupWorthTable:
        return GroupWorthTable(rows, request=self.request, points=rule_book(self.book).method is Method.POINTS)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rules = words_of(rule_book(self.book))
        missing = groups_without_worth(rule_book(self.book), compiled_scheme(self.book.scheme).titles)
        page = {"title": self.book.name, "book": self.book, "rules": rules, "words": self.words, "missing": missing}
        return {**context, **page}


class _Import(FormPage):
    roles = services.IMPORTERS
    template_name = "insurance_settlement/import.html"
    submit_label = _("导入")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_success_url(self) -> str:
        return reverse("insurance_settlement:rules")


class ImportScheme(_Import):
    """A scheme from its files."""

    title = _("导入分组方案")
    template_name = "insurance_settlement/import_scheme.html"
    form_class = SchemeForm
    success_message = _("分组方案已导入。请再导入与之对应的价格规则。")

    def act(self, form: SchemeForm) -> None:
        given = form.cleaned_data
        services.import_scheme(
            self.actor,
            content=given["content"].read(),
            dx_codes=given["dx_codes"].read(),
            proc_codes=given["proc_codes"].read(),
            effective_from=given["effective_from"],
            source_mark=given["source_mark"],
            source_text=given["source_text"],
        )


class ImportPriceBook(_Import):
    """A price book from its file."""

    title = _("导入价格规则")
    template_name = "insurance_settlement/import_price_book.html"
    form_class = PriceBookForm
    success_message = _("价格规则已导入。相关月份将在下一次夜间运行中重新计价。")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(schemes=selectors.grouping_schemes(), **kwargs)

    def act(self, form: PriceBookForm) -> None:
        given = form.cleaned_data
        services.import_price_book(
            self.actor,
            content=given["content"].read(),
            name=given["name"],
            effective_from=given["effective_from"],
            scheme=given["scheme"],
            area=given["area"],
            source_mark=given["source_mark"],
            source_text=given["source_text"],
            gaps_checked=given["gaps_checked"],
        )


class PlaceInArea(_Import):
    """Institutions into a pooling area, from a day on."""

    title = _("设定统筹地区")
    form_class = AreaForm
    submit_label = _("保存")
    success_message = _("统筹地区已设定。相关月份将在下一次夜间运行中按其规则重新计价。")

    def act(self, form: AreaForm) -> None:
        given = form.cleaned_data
        name = given["name"].strip()
        services.place_in_area(
            self.actor,
            institutions=given["institutions"],
            area=services.area_named(self.actor, name) if name else None,
            effective_from=given["effective_from"],
        )
