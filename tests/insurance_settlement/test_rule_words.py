"""A price book in words: every rule of it, and what it is silent about."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from insurance_settlement.engine.rule_book import RuleBook, read_rule_book
from insurance_settlement.models import PriceBook
from insurance_settlement.rule_words import words_of
from ops_platform.kernel import Role
from tests.insurance_settlement.rule_books import GUANGZHOU, JINHUA
from tests.support import trade


def told(content: dict[str, Any]) -> str:
    return "\n".join(f"{line.label} {line.value}" for line in words_of(_book(content)))


def _book(content: dict[str, Any]) -> RuleBook:
    return read_rule_book(json.dumps(content, ensure_ascii=False).encode(), "test")


RATE: dict[str, Any] = {
    "scheme": "s",
    "source": "demo",
    "base_rate": "7200",
    "weights": {"BR25": "1.2", "ES21": "0.6"},
    "coefficients": {"H1": "1.05"},
    "same_price": ["ES21"],
    "outliers": {
        "measured_by": "standard",
        "low": {"below": "0.4", "pay": "charges"},
        "high": [{"above": "3", "share": "1", "weight_up_to": "2"}, {"above": "2", "share": "0.8"}],
    },
    "exceptions": [
        {"name": "长期住院", "kind": "per_diem", "when": {"stay_days_over": 60}, "pay": "days", "amount": "450"},
        {"name": "转院", "kind": "fee_for_service", "when": {"leaving_types": ["2"]}, "pay": "charges"},
    ],
    "fund": {"method": "A", "negative": "zero", "reimbursement_ratio": "0.75"},
}


def test_a_book_by_rate_is_told_rule_by_rule() -> None:
    words = told(RATE)
    for said in (
        "支付标准 = 权重 × 费率 7200 元 × 机构系数",
        "H1 1.05，未列出的机构不能计价",
        "ES21，不乘机构系数",
        "长期住院：住院超过 60 天，每床日 450 元",
        "转院：离院方式为",
        "费用低于支付标准的 0.4 倍：按实际费用支付",
        "权重不超过 2 的病组，费用高于支付标准的 3 倍：超出部分按 100% 支付",
        "费用高于支付标准的 2 倍：超出部分按 80% 支付",
        "(支付标准 − 自费 − 先行自付 − 起付线) × 报销比例，负数按 0，报销比例 75.0%",
        "未说明 没有",
    ):
        assert said in words, words


def test_what_a_book_is_silent_about_is_told() -> None:
    silent = {name: value for name, value in RATE.items() if name not in ("outliers", "exceptions", "fund")}
    words = told(silent)
    assert "没有高低倍率规则，全部按支付标准" in words
    assert "规则没有说明基金支付额的算法" in words


@pytest.mark.parametrize("content", [JINHUA, GUANGZHOU])
def test_the_published_rules_of_two_cities_are_told_without_a_gap(content: dict[str, Any]) -> None:
    assert "None" not in told(content)
    assert all(line.value for line in words_of(_book(content)))


@pytest.mark.django_db
def test_the_page_shows_rules_and_finds_a_group(client: Client) -> None:
    hospital = trade.alliance()["H1"]
    client.force_login(trade.person("insurance", Role.INSURANCE_OFFICER, hospital))
    book = PriceBook.objects.earliest("pk")
    address = reverse("insurance_settlement:price-book", args=[book.pk])
    group = sorted(json.loads(book.content)["weights"])[0]
    page = client.get(address).content.decode()
    assert "支付标准 = 权重 × 费率" in page
    found = client.get(address, {"words": group.lower()})
    assert [row.code for row in found.context["table"].data.data] == [group]
    assert client.get(address, {"export": "xlsx"}).status_code == 200
    assert client.get(reverse("insurance_settlement:price-book", args=[10**9])).status_code == 404
    assert address in client.get(reverse("insurance_settlement:rules")).content.decode()
