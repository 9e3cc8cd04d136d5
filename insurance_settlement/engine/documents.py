"""Rule books and DIP catalogues as documents again: the same rules give the same document, however they were written.

Numbers are text without superfluous zeros, keys and codes without an order are sorted, what says nothing is left out. Order
stays where it means something: exceptions, bands of outliers, procedures, adjustments. Reading a document again gives the
same rules (`rule_book.py`, `dip_catalogue.py`).
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from insurance_settlement.engine.dip import Adjustment, Catalogue
from insurance_settlement.engine.rule_book import CaseException, Fund, Method, Outliers, RuleBook, When
from ops_platform.kernel.money import from_fen


def text_of(document: Mapping[str, Any]) -> str:
    """A document as the text of a file."""
    return json.dumps(document, ensure_ascii=False, indent=1)


def digest_of_document(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what a document says; of text that is no Unicode as well."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def number(value: Decimal) -> str:
    """As text, without superfluous zeros."""
    return format(value.normalize(), "f") if value else "0"


def _yuan(fen: int) -> str:
    return number(from_fen(fen))


def _numbers(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: number(value) for name, value in sorted(values.items())}


def _said(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without the parts that say nothing."""
    return {name: value for name, value in document.items() if value is not None and value not in ({}, [])}


def document_of(book: RuleBook) -> dict[str, Any]:
    """The rules of a book (docs/algorithms/pricing.md); its version is not among them."""
    by_rate = book.method is Method.RATE
    value = {"budget": book.point_value.budget, "settlement": book.point_value.settlement}
    return {
        "scheme": book.scheme,
        "source": book.source,
        "method": str(book.method),
        "weights" if by_rate else "points": _numbers(book.weights),
        **({"base_rate": number(book.base_rate)} if by_rate else {}),
        **_said(
            {
                "point_value": {name: number(one) for name, one in value.items() if one is not None},
                "point_places": None if by_rate else book.point_places,
                "cost_coefficients": {
                    name: _numbers(one) for name, one in sorted(book.cost_coefficients.items()) if one
                },
                "coefficients": _numbers(book.coefficients),
                "default_coefficient": None if book.default_coefficient is None else number(book.default_coefficient),
                "same_price": sorted(book.same_price),
                "mean_charges": {name: _yuan(fen) for name, fen in sorted(book.mean_charges.items())},
                "outliers": _outliers(book.outliers),
                "exceptions": [_exception(one) for one in book.exceptions],
                "fund": _fund(book.fund),
            }
        ),
    }


def _outliers(rules: Outliers | None) -> dict[str, Any] | None:
    if rules is None:
        return None
    low = None if rules.low_below is None else {"below": number(rules.low_below), "pay": str(rules.low_pay)}
    high = [
        _said(
            {
                "weight_up_to": None if row.weight_up_to is None else number(row.weight_up_to),
                "above": number(row.above),
                "share": number(row.share),
            }
        )
        for row in rules.high
    ]
    cap = None if rules.high_cap is None else number(rules.high_cap)
    return _said({"measured_by": str(rules.measured_by), "low": low, "high": high, "high_cap": cap})


def _exception(one: CaseException) -> dict[str, Any]:
    amount = None if one.amount is None else number(one.amount)
    return _said(
        {"name": one.name, "kind": str(one.kind), "when": _when(one.when), "pay": str(one.pay), "amount": amount}
    )


def _when(when: When) -> dict[str, Any]:
    """Conditions that are given; an empty list is one."""
    found = {
        "groups": None if when.groups is None else sorted(when.groups),
        "ungrouped": when.ungrouped,
        "stay_days_over": when.stay_days_over,
        "stay_days_under": when.stay_days_under,
        "charges_under": None if when.charges_under is None else _yuan(when.charges_under),
        "flag": when.flag or None,
        "leaving_types": None if when.leaving_types is None else sorted(when.leaving_types),
        "schemes": None if when.schemes is None else sorted(when.schemes),
    }
    return {name: value for name, value in found.items() if value is not None}


def _fund(fund: Fund | None) -> dict[str, Any] | None:
    if fund is None:
        return None
    return _said(
        {
            "method": fund.method,
            "negative": "keep" if fund.keep_negative else "zero",
            "reimbursement_ratio": None if fund.reimbursement_ratio is None else number(fund.reimbursement_ratio),
            "deductible": None if fund.deductible is None else _yuan(fund.deductible),
        }
    )


def document_of_catalogue(catalogue: Catalogue) -> dict[str, Any]:
    """The diseases and lists of a catalogue (docs/algorithms/dip.md), without its code tables."""
    cores = [
        _said(
            {"code": one.code, "name": one.name, "diagnosis": one.diagnosis, "procedures": list(one.procedures)},
        )
        for one in catalogue.cores
    ]
    wide = [
        _said(
            {
                "code": one.code,
                "name": one.name,
                "diagnoses": None if one.diagnoses == ("",) else list(one.diagnoses),
                "kind": str(one.kind),
            }
        )
        for one in catalogue.comprehensives
    ]
    return {
        "catalogue": catalogue.name,
        "source": catalogue.source,
        "main_procedure_first": catalogue.main_procedure_first,
        "combine": str(catalogue.combine),
        "core": cores,
        **_said(
            {
                "comprehensive": wide,
                "procedure_kinds": {code: str(kind) for code, kind in sorted(catalogue.procedure_kinds.items())},
                "adjustments": [_adjustment(one) for one in catalogue.adjustments],
            }
        ),
    }


def _adjustment(one: Adjustment) -> dict[str, Any]:
    found = {
        "name": one.name,
        "factor": number(one.factor),
        "age_from": one.age_from,
        "age_to": one.age_to,
        "any_diagnosis": None if one.any_diagnosis is None else list(one.any_diagnosis),
        "secondary_at_least": one.secondary_at_least,
        "diseases": None if one.diseases is None else sorted(one.diseases),
    }
    return {name: value for name, value in found.items() if value is not None}
