"""The mapping of local accounts as a workbook: out with what is still unmapped and proposed, in as a whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.http import FileResponse

from ops_platform.his_intake.public import COST_ITEMS, FUNDING_SOURCES
from ops_platform.kernel import Finding, Invalid, Period, Severity
from ops_platform.ledger.engine.local_accounts import LocalMapping
from ops_platform.ledger.selectors.local_accounts import MappedAccount
from ops_platform.ledger.services.local_accounts import refuse_rows
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

TITLES = {
    "code": "本地科目代码",
    "name": "本地科目名称",
    "account": "统一科目代码",
    "counterparty": "往来机构代码",
    "cost_item": "成本项目",
    "funding_source": "资金来源",
    "effective_from": "生效月份",
}
PASSED_OVER = ("统一科目名称", "建议")
REQUIRED = ("code", "account", "effective_from")
MOST_ROWS = 20_000


def write(institution: Institution, period: Period, rows: Iterable[MappedAccount]) -> FileResponse:
    """The mapping that holds in the month; accounts without one have their proposal beside them."""
    codes = dict(Institution.objects.values_list("pk", "code"))
    items, sources = dict(COST_ITEMS), dict(FUNDING_SOURCES)
    return xlsx_response(
        f"科目对应_{institution.code}_{period}",
        [*TITLES.values(), *PASSED_OVER],
        (
            [
                row.code,
                row.name,
                row.account,
                codes.get(row.dimensions.counterparty, ""),
                items.get(row.dimensions.cost_item, ""),
                sources.get(row.dimensions.funding_source, ""),
                str(Period.of(row.effective_from)) if row.effective_from else str(period),
                row.account_name,
                row.proposal.words if row.proposal else "",
            ]
            for row in rows
        ),
    )


def read(body: bytes) -> tuple[list[LocalMapping], list[int]]:
    """The mappings of an uploaded workbook with their row numbers; rows without a unified account are not mapped yet and
    passed over. Raises Invalid: for the file, or with the faults of its rows."""
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except NotAWorkbook as error:
        raise Invalid("ledger.mapping_file", "无法读取该文件，请上传由本页导出的 .xlsx 文件。", field="file") from error
    except UnpacksTooLarge as error:
        raise Invalid("ledger.mapping_file", "文件解压后过大，请检查后重新选择。", field="file") from error
    if not table or len(table) > MOST_ROWS:
        words = f"文件应有表头和数据，最多 {MOST_ROWS:,} 行，现有 {len(table):,} 行。"
        raise Invalid("ledger.mapping_file", words, field="file")
    places = _places(table[0])
    partners = dict(Institution.objects.values_list("code", "pk"))
    mappings, rows = [], []
    faults: list[tuple[int, Finding]] = []
    for number, cells in enumerate(table[1:], start=2):
        told = {name: str(cells[place] if cells[place] is not None else "").strip() for name, place in places.items()}
        if not told["account"]:
            continue
        mapping, found = _mapping(told, partners)
        faults += [(number, fault) for fault in found]
        if mapping:
            mappings.append(mapping)
            rows.append(number)
    refuse_rows(faults, several=True)
    if not mappings:
        raise Invalid("ledger.mapping_file", "文件中没有填写统一科目代码的行，没有可导入的对应。", field="file")
    return mappings, rows


def _places(header: Sequence[Any]) -> dict[str, int]:
    names = {title: name for name, title in TITLES.items()}
    told = [str(cell or "").strip() for cell in header]
    unknown = [title for title in told if title and title not in names and title not in PASSED_OVER]
    missing = [TITLES[name] for name in REQUIRED if TITLES[name] not in told]
    if unknown or missing or len(set(told) - {""}) != len([title for title in told if title]):
        words = f"表头应为：{'、'.join(TITLES.values())}。请使用本页导出的文件填写。"
        raise Invalid("ledger.mapping_file", words, field="file")
    return {names[title]: place for place, title in enumerate(told) if title in names}


def _mapping(told: Mapping[str, str], partners: Mapping[str, int]) -> tuple[LocalMapping | None, list[Finding]]:
    found = []
    since = _first_day(told["effective_from"])
    if since is None:
        words = f"生效月份 {told['effective_from'] or '(空)'} 不是月份，应如 2026-01。"
        found.append(Finding("ledger.mapping_date", Severity.BLOCKING, words, "effective_from"))
    partner = told.get("counterparty", "")
    if partner and partner not in partners:
        words = f"没有代码为 {partner} 的机构。"
        found.append(Finding("ledger.mapping_dimension", Severity.BLOCKING, words, "counterparty"))
    if found or since is None:
        return None, found
    return LocalMapping(
        code=told["code"],
        name=told.get("name", ""),
        account=told["account"],
        effective_from=since,
        counterparty=partners.get(partner, 0),
        cost_item=_code(told.get("cost_item", ""), COST_ITEMS),
        funding_source=_code(told.get("funding_source", ""), FUNDING_SOURCES),
    ), []


def _code(text: str, choices: Sequence[tuple[str, str]]) -> str:
    """The code of what is told as code or title; what is neither is told back by the checks."""
    return next((code for code, title in choices if text in (code, title)), text)


def _first_day(text: str) -> date | None:
    """2026-01 or its first day."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-01") else Period.parse(text).first_day
    except ValueError:
        return None
