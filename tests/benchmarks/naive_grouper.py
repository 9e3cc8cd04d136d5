"""A plain interpreter of a scheme file, as one would write it in an hour: what the engine is measured against.

It reads ../shared/drg/SCHEME.md literally: MDC by MDC, ADRG by ADRG, each condition looked at anew for every case. Code
lists are sets, since nobody would search lists of a thousand codes.
"""

import json
from collections.abc import Mapping
from typing import Any

from insurance_settlement.engine.case import Case

Answer = tuple[str, str, str, str]
NOT_GROUPED = ("0000", "00", "0000")
NEWBORN_DAYS = 28


class NaiveGrouper:
    """The scheme of a file, and the code tables for translation."""

    def __init__(self, content: bytes, dx: Mapping[str, str], proc: Mapping[str, str]) -> None:
        self.scheme = _with_sets(json.loads(content))
        self.dx, self.proc = dx, proc
        self.mcc, self.cc, self.exclusions = (
            {code: number for number, codes in self.scheme[name].items() for code in codes}
            for name in ("mcc", "cc", "main_dx_exclusion")
        )

    def group(self, case: Case) -> Answer:
        """MDC, ADRG, DRG and status of a case."""
        diagnoses, procedures = case.diagnoses, case.procedures
        if case.translate:
            diagnoses = tuple(self.dx.get(code, "") for code in diagnoses)
            procedures = tuple(self.proc.get(code, "") for code in procedures)
            if "" in diagnoses:
                return (*NOT_GROUPED, "ZD_NOT_MAPPING")
            if "" in procedures:
                return (*NOT_GROUPED, "SS_NOT_MAPPING")
        if not _complete(case):
            return (*NOT_GROUPED, "CHECK_FAILED")
        for mdc in self.scheme["mdcs"]:
            if not self._hold(mdc["conditions"], case, diagnoses, procedures):
                continue
            for index, code in enumerate([*mdc["adrgs"], None]):
                if mdc["qy"]["enabled"] and index == mdc["qy"]["before_adrg_index"] and self._valid(procedures):
                    return (f"MDC{mdc['mdc']}", "QY", f"{mdc['mdc']}QY", "QY")
                if code is None:
                    break
                adrg = self.scheme["adrgs"][code]
                if self._hold(adrg["conditions"], case, diagnoses, procedures):
                    return (f"MDC{mdc['mdc']}", code, self._drg(adrg["drgs"], diagnoses), "SUCCESS")
        return (*NOT_GROUPED, "FAIL")

    def _valid(self, procedures: tuple[str, ...]) -> bool:
        return any(code in self.scheme["valid_procedures"] for code in procedures)

    def _hold(
        self, conditions: list[dict[str, Any]], case: Case, diagnoses: tuple[str, ...], procedures: tuple[str, ...]
    ) -> bool:
        return all(self._holds(condition, case, diagnoses, procedures) for condition in conditions)

    def _holds(  # noqa: PLR0912 - one branch a condition type
        self, condition: dict[str, Any], case: Case, diagnoses: tuple[str, ...], procedures: tuple[str, ...]
    ) -> bool:
        match condition["type"]:
            case "main_dx_in":
                return bool(diagnoses) and diagnoses[0] in condition["dx"]
            case "any_dx_in":
                return any(code in condition["dx"] for code in diagnoses)
            case "main_proc_in":
                return bool(procedures) and procedures[0] in condition["proc"]
            case "both_procs_in":
                return any(code in condition["proc_a"] for code in procedures) and any(
                    code in condition["proc_b"] for code in procedures
                )
            case "proc_roles":
                present = {role for role, codes in condition["roles"].items() if any(c in codes for c in procedures)}
                return any(present.issuperset(wanted) for wanted in condition["any_of"])
            case "main_proc_valid":
                return bool(procedures) and procedures[0] in self.scheme["valid_procedures"]
            case "no_valid_proc":
                return not self._valid(procedures)
            case "age_days_max":
                return case.age_days is not None and case.age_days <= condition["value"]
            case "weight_lt":
                return bool(case.weight) and case.weight < condition["value"]
            case "weight_ge":
                return bool(case.weight) and case.weight >= condition["value"]
            case "age_years_eq":
                return case.age == condition["value"]
            case "gender_eq":
                return case.gender == condition["value"]
            case "min_distinct_sites":
                sites = {site for site, codes in condition["sites"].items() if any(code in codes for code in diagnoses)}
                return len(sites) >= condition["value"]
            case unknown:
                raise ValueError(unknown)

    def _drg(self, drgs: list[dict[str, str]], diagnoses: tuple[str, ...]) -> str:
        excluded = self.exclusions.get(diagnoses[0]) if diagnoses else None
        secondary = diagnoses[1:]
        for drg in drgs:
            tables = {"mcc": (self.mcc,), "mcc_or_cc": (self.mcc, self.cc), "any": ()}[drg["severity"]]
            if not tables or any(c in table and table[c] != excluded for table in tables for c in secondary):
                return drg["drg"]
        raise ValueError("no final DRG")


def _complete(case: Case) -> bool:
    if case.gender not in (1, 2) or case.age is None:
        return False
    if case.age:
        return True
    return case.age_days is not None and (case.age_days > NEWBORN_DAYS or case.weight is not None)


def _with_sets(part: Any) -> Any:
    """The document with every list of codes as a set; lists whose order matters stay."""
    if isinstance(part, dict):
        return {
            name: value if name in ("adrgs", "any_of") and isinstance(value, list) else _with_sets(value)
            for name, value in part.items()
        }
    if isinstance(part, list) and part and isinstance(part[0], str):
        return frozenset(part)
    return [_with_sets(one) for one in part] if isinstance(part, list) else part
