"""Code tables beside a scheme: names of codes, and the translation of one code version into another.

Source: drg/SCHEME.md. A table is CSV with the header ``code,name,map_to``. An empty name means that the code is known
to the translation only; an empty map_to means that there is no translation. A code may appear once. Nothing is trimmed.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ops_platform.kernel import Invalid

COLUMNS = ("code", "name", "map_to")


@dataclass(frozen=True, slots=True)
class CodeTable:
    """Names and translations of one kind of code (diagnoses or procedures)."""

    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    translations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    known: frozenset[str] = frozenset()

    def label(self, code: str) -> str:
        """The code with its name, where there is one: J18.900(肺炎)."""
        name = self.names.get(code)
        return f"{code}({name})" if name else code

    def knows(self, code: str) -> bool:
        """Whether the code is in the table; without a table nobody can tell, and every code may be."""
        return not self.known or code in self.known


EMPTY = CodeTable()


def parse_code_table(text: str, what: str) -> CodeTable:
    """From CSV text. `what` names the table in a refusal (the file's name). Raises Invalid with the line."""
    lines = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    names: dict[str, str] = {}
    translations: dict[str, str] = {}
    known: set[str] = set()
    try:
        header = next(lines, [])
        if tuple(header) != COLUMNS:
            raise _refusal(what, 1, f"表头应为 {','.join(COLUMNS)}，现为 {','.join(header) or '空'}", "请改正表头")
        for row in lines:
            if not row:
                continue
            if len(row) != len(COLUMNS):
                raise _refusal(what, lines.line_num, f"应有 3 列，现有 {len(row)} 列", "请检查逗号和引号")
            code, name, target = row
            if not code:
                raise _refusal(what, lines.line_num, "编码为空", "请补上编码或删去该行")
            if code in known:
                raise _refusal(what, lines.line_num, f"编码 {code} 重复", "请只保留一行")
            known.add(code)
            if name:
                names[code] = name
            if target:
                translations[code] = target
    except csv.Error as error:
        raise _refusal(what, lines.line_num, f"不是有效的 CSV({error})", "请检查引号") from error
    return CodeTable(MappingProxyType(names), MappingProxyType(translations), frozenset(known))


def _refusal(what: str, line: int, reason: str, advice: str) -> Invalid:
    return Invalid(
        "insurance_settlement.code_table_malformed",
        f"编码表 {what} 第 {line} 行：{reason}。{advice}后重新导入。",
        table=what,
        line=line,
    )
