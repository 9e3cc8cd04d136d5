"""The HIS simulator writes the same believable community for the same seed, and knows exactly what it planted."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tools.his_simulator.anomalies import identity_number
from tools.his_simulator.case_mix import disease_groups
from tools.his_simulator.charges import amounts
from tools.his_simulator.generation import generate
from tools.his_simulator.scale import SMALL, calendar_until
from tools.his_simulator.text_columns import integers, money, packed, ten_thousandths
from tools.his_simulator.writer import DATASET_ORDER

UNTIL = date(2026, 11, 21)
KEYS = {
    "departments": ("code", "effective_from"),
    "staff-headcounts": ("department", "period"),
    "floor-areas": ("department", "period"),
    "workloads": ("department", "metric", "date"),
    "charge-items": ("code", "effective_from"),
    "cost-entries": ("voucher", "line"),
    "income-entries": ("voucher", "line"),
    "encounters": ("encounter_no",),
    "charge-lines": ("encounter_no", "line_no"),
    "discharge-abstracts": ("encounter_no",),
    "interim-diagnoses": ("encounter_no", "seq"),
    "trial-balances": ("period", "account"),
    "assets": ("card", "effective_from"),
    "drug-and-material-moves": ("document", "line"),
    "equipment-uses": ("card", "date"),
    "post-hours": ("roster",),
    "alliance-services": ("document", "line"),
    "settlement-lists": ("settle_no",),
    "insurer-groupings": ("encounter_no",),
}
CENT = Decimal("0.01")


def read_batch(directory: Path, batch: dict) -> list[dict[str, str]]:
    """The rows of a batch with every value as text, whatever its format; lists joined by a bar."""
    content = (directory / batch["file"]).read_text(encoding="utf-8")
    if batch["format"] == "csv":
        return list(csv.DictReader(content.splitlines()))
    if batch["format"] == "json":
        body = json.loads(content)
        assert (body["institution"], body["batch_no"]) == (batch["institution"], batch["batch_no"])
        rows = body["rows"]
    else:
        rows = [json.loads(line) for line in content.splitlines()]
    return [
        {name: "|".join(value) if isinstance(value, list) else str(value) for name, value in row.items()}
        for row in rows
    ]


def tree_digest(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(directory).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class Community:
    """The generated files, read once, and the facts that remain when the valid rows are taken in posting order."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
        self.planted = json.loads((directory / "planted.json").read_text(encoding="utf-8"))
        self.alliance = json.loads((directory / "alliance.json").read_text(encoding="utf-8"))
        self.rows = {(b["institution"], b["batch_no"]): read_batch(directory, b) for b in self.manifest}
        self.bad = {(bad["institution"], bad["batch_no"], bad["row"]): bad for bad in self.planted["bad_rows"]}
        self.facts: dict[str, dict[tuple[str, ...], dict[str, str]]] = {dataset: {} for dataset in KEYS}
        for batch in self.manifest:
            for number, row in enumerate(self.rows[batch["institution"], batch["batch_no"]], 1):
                if (batch["institution"], batch["batch_no"], number) in self.bad:
                    continue
                key = (batch["institution"], *(row[name] for name in KEYS[batch["dataset"]]))
                facts = self.facts[batch["dataset"]]
                if row.get("op") == "retract":
                    del facts[key]
                else:
                    facts[key] = row

    def of(self, dataset: str, *, institution: str) -> list[dict[str, str]]:
        return [row for key, row in self.facts[dataset].items() if key[0] == institution]


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Community:
    directory = tmp_path_factory.mktemp("small")
    generate(SMALL, 7, UNTIL, directory)
    return Community(directory)


def test_same_seed_gives_the_same_bytes_and_another_seed_others(community, tmp_path):
    generate(SMALL, 7, UNTIL, tmp_path / "again")
    generate(SMALL, 8, UNTIL, tmp_path / "other")
    assert tree_digest(tmp_path / "again") == tree_digest(community.directory)
    assert tree_digest(tmp_path / "other") != tree_digest(community.directory)


def test_small_stays_within_its_volume(community):
    lines = sum(batch["rows"] for batch in community.manifest if batch["dataset"] == "charge-lines")
    assert 60_000 <= lines <= 90_000
    assert len(community.manifest) < 350
    assert max(batch["rows"] for batch in community.manifest) <= 10_000
    assert {batch["format"] for batch in community.manifest} == {"csv", "json", "ndjson"}
    october = [d for d in community.planted["discharges"] if (d["institution"], d["period"]) == ("H001", "2026-10")]
    assert 110 <= october[0]["discharged"] <= 190
    assert len(community.of("departments", institution="H001")) in range(18, 25)


def test_manifest_counts_what_the_files_hold(community):
    totals: dict[str, int] = defaultdict(int)
    for batch in community.manifest:
        assert len(community.rows[batch["institution"], batch["batch_no"]]) == batch["rows"]
        totals[batch["dataset"]] += batch["rows"]
    assert totals == community.planted["totals"]
    numbers = [(batch["institution"], batch["batch_no"]) for batch in community.manifest]
    assert len(set(numbers)) == len(numbers)


def test_nothing_is_named_before_it_was_sent(community):
    """Taking batches in manifest order, every valid row finds its departments, items and encounters."""
    codes: dict[str, set[str]] = defaultdict(set)
    items: dict[str, set[str]] = defaultdict(set)
    encounters: dict[str, set[str]] = defaultdict(set)
    for batch in community.manifest:
        code, dataset = batch["institution"], batch["dataset"]
        for number, row in enumerate(community.rows[code, batch["batch_no"]], 1):
            if (code, batch["batch_no"], number) in community.bad or row.get("op"):
                continue
            if dataset == "departments":
                codes[code].add(row["code"])
            elif dataset == "charge-items":
                items[code].add(row["code"])
            for name in ("department", "ordering_department", "executing_department"):
                assert not row.get(name) or row[name] in codes[code], row
            assert not row.get("item") or row["item"] in items[code], row
            if dataset == "encounters":
                encounters[code].add(row["encounter_no"])
            elif row.get("encounter_no"):
                assert row["encounter_no"] in encounters[code], row


def test_first_batches_follow_the_contract_order_within_a_month(community):
    assert [b["dataset"] for b in community.manifest[:1]] == ["departments"]
    order = [DATASET_ORDER.index(batch["dataset"]) for batch in community.manifest]
    turns = sum(later < earlier for earlier, later in pairwise(order))
    assert turns == SMALL.months - 1 or turns == SMALL.months


def test_amounts_are_price_times_quantity_and_the_insured_part_is_within(community):
    for row in community.facts["charge-lines"].values():
        amount, insured = Decimal(row["amount"]), Decimal(row["insured_amount"])
        exact = Decimal(row["price"]) * Decimal(row["quantity"])
        assert amount == exact.quantize(CENT, ROUND_HALF_UP), row
        assert abs(insured) <= abs(amount), row
        assert insured * amount >= 0, row


def test_refunds_name_a_positive_line_of_the_same_item(community):
    lines = community.facts["charge-lines"]
    refunds = [(key, row) for key, row in lines.items() if row["refund_of"]]
    assert len(refunds) == community.planted["refunds"] > 20
    for (institution, encounter, _), row in refunds:
        original = lines[institution, encounter, row["refund_of"]]
        assert original["item"] == row["item"]
        assert Decimal(row["quantity"]) == -Decimal(original["quantity"])
        assert Decimal(row["amount"]) == -Decimal(original["amount"]) < 0
        assert original["charged_at"] <= row["charged_at"]


def is_bad(bad: dict, row: dict[str, str], community: Community) -> bool:
    dataset, kind, institution, field = (bad[name] for name in ("dataset", "kind", "institution", "field"))
    value = row.get(field, "")
    if kind == "missing_key":
        return field in KEYS[dataset] and value == ""
    if kind == "amount_mismatch":
        exact = (Decimal(row["price"]) * Decimal(row["quantity"])).quantize(CENT, ROUND_HALF_UP)
        return abs(Decimal(value) - exact) > CENT
    if kind == "bad_date":
        try:
            (datetime.fromisoformat if "T" in value else date.fromisoformat)(value)
        except ValueError:
            return True
        return not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?", value)
    if kind in ("amount_not_a_number", "identity_number"):
        try:
            Decimal(value)
        except InvalidOperation:
            return kind == "amount_not_a_number" or bool(re.search(r"\d{17}[\dX]", row["summary"]))
        return False
    known = {
        "unknown_department": lambda: {key[1] for key in community.facts["departments"] if key[0] == institution},
        "unknown_item": lambda: {key[1] for key in community.facts["charge-items"] if key[0] == institution},
        "unknown_encounter": lambda: {key[1] for key in community.facts["encounters"] if key[0] == institution},
        "bad_choice": lambda: {fact[field] for fact in community.facts[dataset].values()},
    }
    if kind in known:
        return value not in known[kind]()
    assert kind == "bad_code_form"
    return not any(re.fullmatch(r"[A-Z]\d\d\.[\dx]\d\d(x\d{3})?", code) for code in value.split("|"))


def test_planted_rows_really_are_bad_and_have_keys_of_their_own(community):
    bad_rows = community.planted["bad_rows"]
    assert 35 <= len(bad_rows) <= 45
    assert len(community.bad) == len(bad_rows)
    for bad in bad_rows:
        row = community.rows[bad["institution"], bad["batch_no"]][bad["row"] - 1]
        assert is_bad(bad, row, community), (bad, row)
        key = (bad["institution"], *(row.get(name, "") for name in KEYS[bad["dataset"]]))
        assert key not in community.facts[bad["dataset"]], bad


def test_every_other_row_passes_simple_checks(community):
    for dataset, facts in community.facts.items():
        for row in facts.values():
            assert all(row.get(name) for name in KEYS[dataset]), row
            for name in ("date", "admitted", "charged_at", "effective_from"):
                if row.get(name):
                    assert datetime.fromisoformat(row[name]).date() <= UNTIL, row
            for name in ("amount", "total_charges", "headcount", "area"):
                assert name not in row or row.get("agreement") == "LAB" or Decimal(row[name]) is not None
    for row in community.facts["encounters"].values():
        assert re.fullmatch("[0-9a-f]{64}", row["patient"])
        assert row.get("discharged", "") == "" or row["admitted"] < row["discharged"]


def test_keys_are_sent_again_only_by_corrections_and_updates(community):
    first = set()
    for batch in community.manifest:
        for number, row in enumerate(community.rows[batch["institution"], batch["batch_no"]], 1):
            if (batch["institution"], batch["batch_no"], number) in community.bad:
                continue
            key = (batch["institution"], batch["dataset"], *(row[name] for name in KEYS[batch["dataset"]]))
            assert (key in first) == (batch["purpose"] != "first"), (batch, row)
            first.add(key)


def test_corrections_are_listed_with_their_rows(community):
    kinds = {(entry["dataset"], entry["kind"]) for entry in community.planted["corrections"]}
    assert kinds == {(d, k) for d in ("charge-lines", "cost-entries") for k in ("supersede", "retract")}
    for entry in community.planted["corrections"]:
        row = community.rows[entry["institution"], entry["batch_no"]][entry["row"] - 1]
        assert {name: row[name] for name in entry["key"]} == entry["key"]
        assert (row["op"] == "retract") == (entry["kind"] == "retract")


@pytest.mark.parametrize(
    ("dataset", "day", "total"),
    [
        ("cost-entries", "date", "direct_cost_total"),
        ("income-entries", "date", "income_total"),
        ("charge-lines", "charged_at", "charge_total"),
    ],
)
def test_totals_are_those_of_the_valid_rows_after_corrections(community, dataset, day, total):
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key, row in community.facts[dataset].items():
        sums[key[0], row[day][:7]] += Decimal(row["amount"])
    listed = {(entry["institution"], entry["period"]): Decimal(entry["amount"]) for entry in community.planted[total]}
    assert {key: amount for key, amount in listed.items() if amount} == dict(sums)


def test_discharges_are_those_of_the_valid_rows(community):
    abstracts: dict[str, int] = defaultdict(int)
    for institution, _ in community.facts["discharge-abstracts"]:
        abstracts[institution] += 1
    ended: dict[tuple[str, str], int] = defaultdict(int)
    for key, row in community.facts["encounters"].items():
        if row["kind"] == "inpatient" and row.get("discharged"):
            ended[key[0], row["discharged"][:7]] += 1
    listed: dict[str, int] = defaultdict(int)
    for entry in community.planted["discharges"]:
        assert entry["discharged"] == ended[entry["institution"], entry["period"]]
        listed[entry["institution"]] += entry["abstracts"]
    assert listed == abstracts


def test_every_institution_begins_with_a_balanced_trial_balance(community):
    openings = {entry["institution"]: entry for entry in community.planted["opening_balances"]}
    assert set(openings) == {institution["code"] for institution in community.alliance["institutions"]}
    for institution, entry in openings.items():
        rows = {row["account"]: row for row in community.of("trial-balances", institution=institution)}
        assert {row["period"] for row in rows.values()} == {"2026-08"} == {entry["period"]}
        leaves = [code for code in rows if not any(other != code and other.startswith(code) for other in rows)]
        nets = {code: Decimal(rows[code]["opening_debit"]) - Decimal(rows[code]["opening_credit"]) for code in leaves}
        assert sum(net for code, net in nets.items() if code < "6") == 0, "financial books"
        assert sum(net for code, net in nets.items() if code > "6") == 0, "budget books"
        assert sum(net for code, net in nets.items() if code.startswith("1002")) == Decimal(entry["bank"]) > 0
        assert nets["3001"] == -Decimal(entry["accumulated_surplus"]) < 0
        for row in rows.values():
            assert (row["opening_debit"], row["opening_credit"]) == (row["closing_debit"], row["closing_credit"])
        for code in set(rows) - set(leaves):
            below = sum(net for leaf, net in nets.items() if leaf.startswith(code))
            assert Decimal(rows[code]["opening_debit"]) - Decimal(rows[code]["opening_credit"]) == below
    strange = {
        entry["institution"]: entry["unknown_account"] for entry in openings.values() if "unknown_account" in entry
    }
    assert strange == {"T003": "121799"}


def test_workloads_agree_with_the_encounters(community):
    visits: dict[tuple[str, str, str], int] = defaultdict(int)
    days: dict[str, int] = defaultdict(int)
    for (institution, _), row in community.facts["encounters"].items():
        if row["kind"] == "outpatient":
            visits[institution, row["department"], row["admitted"][:10]] += 1
        elif row["kind"] == "inpatient":
            first = date.fromisoformat(row["admitted"][:10])
            last = date.fromisoformat(row["discharged"][:10]) if row.get("discharged") else date(2026, 11, 22)
            days[institution] += (last - first).days
    counted: dict[tuple[str, str, str], int] = {}
    occupied: dict[str, int] = defaultdict(int)
    for (institution, department, metric, day), row in community.facts["workloads"].items():
        if metric == "outpatient_visits":
            counted[institution, department, day] = int(row["quantity"])
        elif metric == "occupied_bed_days":
            occupied[institution] += int(row["quantity"])
    assert counted == visits
    assert occupied == days


def test_abstracts_agree_with_stays_and_charges(community):
    charged: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    odd = {(s["institution"], s.get("encounter_no")) for s in community.planted["suspicious"]}
    for (institution, encounter, _), row in community.facts["charge-lines"].items():
        charged[institution, encounter] += Decimal(row["amount"])
    for key, row in community.facts["discharge-abstracts"].items():
        encounter = community.facts["encounters"][key]
        stay = date.fromisoformat(encounter["discharged"][:10]) - date.fromisoformat(encounter["admitted"][:10])
        assert int(row["stay_days"]) == stay.days
        if key not in odd and key[0] != "T002":  # T002 lost a day of charges
            assert Decimal(row["total_charges"]) == charged[key]


def test_who_is_still_in_has_diagnoses_and_no_abstract(community):
    """Most of those who came before the last day, and nobody else."""
    told = community.facts["interim-diagnoses"]
    still = {
        key
        for key, row in community.facts["encounters"].items()
        if row["kind"] == "inpatient" and not row.get("discharged")
    }
    assert {key[:2] for key in told} <= still
    assert len(told) > len(still) * 0.7
    assert not {key[:2] for key in told} & set(community.facts["discharge-abstracts"])
    assert all(row["recorded_at"][:10] <= UNTIL.isoformat() for row in told.values())


def test_a_few_front_pages_are_coded_wrong_and_it_is_known_how_they_should_be(community):
    wrong = community.planted["front_pages"]
    assert {entry["kind"] for entry in wrong} == {"repeated_code", "other_sex", "symptom_first", "procedure_not_coded"}
    sent = community.facts["discharge-abstracts"]
    held = [
        (sent[key], entry) for entry in wrong if (key := (entry["institution"], entry["right"]["encounter_no"])) in sent
    ]
    assert len(held) > len(wrong) * 0.8
    for row, entry in held:
        right = "|".join(entry["right"]["diagnoses"]), "|".join(entry["right"].get("procedures", []))
        assert (row["diagnoses"], row["procedures"]) != right, entry["kind"]


def test_suspicious_facts_can_be_found(community):
    found = defaultdict(list)
    for entry in community.planted["suspicious"]:
        found[entry["kind"]].append(entry)
    lines = community.facts["charge-lines"]
    caps = {key[:2]: row["price_cap"] for key, row in community.facts["charge-items"].items()}
    for entry in found["price_above_cap"]:
        row = lines[entry["institution"], entry["encounter_no"], str(entry["line_no"])]
        assert Decimal(row["price"]) > Decimal(caps[entry["institution"], row["item"]])
    for entry in found["charge_after_discharge"]:
        row = lines[entry["institution"], entry["encounter_no"], str(entry["line_no"])]
        encounter = community.facts["encounters"][entry["institution"], entry["encounter_no"]]
        assert encounter["discharged"] < row["charged_at"]
    for entry in found["duplicate_charge"]:
        row = lines[entry["institution"], entry["encounter_no"], str(entry["line_no"])]
        same = [
            other
            for key, other in lines.items()
            if key[:2] == (entry["institution"], entry["encounter_no"])
            and all(other[name] == row[name] for name in ("item", "charged_at", "quantity", "amount"))
        ]
        assert len(same) == 2
    (missing,) = found["missing_day"]
    assert missing["lines"] > 0
    assert not [r for r in community.of("charge-lines", institution="T002") if r["charged_at"][:10] == missing["date"]]
    (drop,) = found["income_drop"]
    income = {
        e["period"]: Decimal(e["amount"]) for e in community.planted["charge_total"] if e["institution"] == "V002"
    }
    assert income[drop["period"]] < income["2026-09"] / 2


def hours_of(stay: dict[str, str]) -> float:
    begun, ended = (datetime.fromisoformat(stay[name]) for name in ("admitted", "discharged"))
    return (ended - begun).total_seconds() / 3600


def test_some_cataracts_are_operated_on_within_a_day_and_no_joints(community):
    stays = {row["encounter_no"]: row for row in community.of("encounters", institution="H001") if row["discharged"]}
    hours = defaultdict(list)
    for row in community.of("discharge-abstracts", institution="H001"):
        if row["encounter_no"] in stays:
            hours[row["procedures"]].append(hours_of(stays[row["encounter_no"]]))
    assert any(each <= 24 for each in hours["13.4100x001"])
    assert any(each > 48 for each in hours["13.4100x001"])
    assert min(hours["81.5100"] + hours["81.5400"]) > 24


def test_a_stay_is_charged_what_fits_its_disease_and_operation(community):
    """A joint gets one prosthesis of its kind and no stent; pneumonia gets antibiotics and an X-ray of the chest."""
    charged: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in community.of("charge-lines", institution="H001"):
        charged[row["encounter_no"]][row["item"]] += round(float(row["quantity"]))
    cases = community.of("discharge-abstracts", institution="H001")
    hips = [charged[row["encounter_no"]] for row in cases if row["procedures"] == "81.5100"]
    knees = [charged[row["encounter_no"]] for row in cases if row["procedures"] == "81.5400"]
    pneumonias = [charged[row["encounter_no"]] for row in cases if row["diagnoses"].startswith("J18")]
    hip, knee, stent, joint, lens = "150008", "150009", "150014", "130017", "150007"
    assert len(hips) >= 2
    assert sum(bill.get(hip, 0) for bill in hips) >= len(hips) - 1  # one may be refunded
    assert not any(bill.get(other) for bill in hips for other in (knee, stent, lens))
    assert not any(bill.get(other) for bill in knees for other in (hip, stent, lens))
    antibiotics = ("170001", "170020", "170021", "170022", "170023", "170024")
    assert sum(any(bill.get(item) for item in antibiotics) for bill in pneumonias) > len(pneumonias) * 0.9
    assert not any(bill.get(item) for bill in pneumonias for item in (hip, knee, stent, joint, "040025", "170041"))


def test_case_mix_uses_known_codes_and_tells_groups_apart():
    groups = disease_groups()
    assert len({group.group for group in groups}) == len(groups) >= 36
    combinations = [(dx, proc) for group in groups for dx in group.dx for proc in group.proc or ("",)]
    assert len(set(combinations)) == len(combinations)
    cc = {code for group in groups for code in group.cc}
    mcc = {code for group in groups for code in group.mcc}
    assert not cc & mcc


def test_amounts_round_half_away_from_zero():
    quantity = np.array([5_000, -5_000, 10_000, 30_000])
    price = np.array([100_100, 100_100, 3_650, 2_050])
    # 0.5 × 10.01 = 5.005; 1 × 0.3650 = 0.365; 3 × 0.2050 = 0.615
    assert amounts(quantity, price).tolist() == [501, -501, 37, 62]


def test_numbers_become_plain_text():
    assert packed(money(np.array([0, 5, -5, 123456]))).tolist() == [b"0.00", b"0.05", b"-0.05", b"1234.56"]
    assert packed(ten_thousandths(np.array([10_000, -25_000, 865, 0]))).tolist() == [b"1", b"-2.50", b"0.0865", b"0"]
    assert packed(integers(np.array([0, 7, -120]))).tolist() == [b"0", b"7", b"-120"]


def test_calendar_ends_with_the_partial_month():
    calendar = calendar_until(UNTIL, 4)
    assert calendar.periods == ("2026-08", "2026-09", "2026-10", "2026-11")
    assert calendar.days == 31 + 30 + 31 + 21
    assert [len(calendar.days_of(month)) for month in range(4)] == [31, 30, 31, 21]
    assert calendar_until(date(2026, 2, 1), 3).periods == ("2025-12", "2026-01", "2026-02")


def test_identity_number_has_a_right_checksum():
    number = identity_number(12)
    weights = [2 ** (17 - i) % 11 for i in range(17)]
    assert len(number) == 18
    assert (
        sum(int(d) * w for d, w in zip(number, weights, strict=False)) + (10 if number[-1] == "X" else int(number[-1]))
    ) % 11 == 1


def test_dealings_are_booked_on_both_sides_but_for_the_planted_differences(community):
    """By month and pair of members: what one has as income from the other is what that one has as cost to it."""
    booked: dict[tuple[str, ...], list[str]] = {}
    for position, dataset in enumerate(("income-entries", "cost-entries")):
        for key, row in community.facts[dataset].items():
            if row.get("counterparty"):
                pair = (key[0], row["counterparty"]) if dataset == "income-entries" else (row["counterparty"], key[0])
                kind = row["summary"]
                booked.setdefault((row["date"][:7], *pair, kind), ["0.00", "0.00"])[position] = row["amount"]
    told = community.planted["dealings"]
    assert len(booked) == len(told) == len([each for each in told if each["period"] <= "2026-11"])
    wanted = sorted(
        (d["period"], d["income_institution"], d["cost_institution"], d["income_amount"], d["cost_amount"])
        for d in told
    )
    assert sorted((month, here, there, *amounts) for (month, here, there, _), amounts in booked.items()) == wanted
    differences = [d for d in told if d["difference"]]
    assert sorted(d["difference"] for d in differences) == [
        "amount_differs", "amount_differs", "cost_missing", "cost_missing", "income_missing",
    ]  # fmt: skip
    assert all(d["period"] < "2026-11" for d in differences)
    for dealing in told:
        same = dealing["income_amount"] == dealing["cost_amount"]
        assert same == (not dealing["difference"])
        assert ("0.00" in (dealing["income_amount"], dealing["cost_amount"])) == ("missing" in dealing["difference"])
    assert {d["kind"] for d in told} == {"laboratory", "imaging", "sterilising", "superior_subsidy"}


def test_moves_hold_what_was_planted_in_purchase_and_use(community):
    """A price spread of a quarter, a central purchase 18 % cheaper, and pieces whose life does not fit together."""
    moves = list(community.facts["drug-and-material-moves"].values())
    for row in moves:
        product = Decimal(row["quantity"]) * Decimal(row["price"])
        assert Decimal(row["amount"]) == product.quantize(CENT, ROUND_HALF_UP), row
        assert not row["barcode"] or row["quantity"] == "1", row
        assert (row["move_kind"] == "use") == bool(row["encounter_no"]), row
    paid = {Decimal(row["price"]) for row in moves if row["goods"] == "YP170002" and row["move_kind"] == "purchase"}
    assert Decimal("0.2") < max(paid) / min(paid) - 1 < Decimal("0.3")
    central = [row for row in moves if row["goods"] == "YP170013" and row["procurement"] == "central"]
    assert {(row["price"], row["reference_price"]) for row in central} == {("14.61", "17.82")}
    planted = {note["kind"] for note in community.planted["supplies"]}
    kinds = {"charged_not_used", "used_not_charged", "used_before_purchase", "used_after_return", "charged_twice"}
    assert planted <= kinds
    assert len(planted) >= 3
    assert len(moves) < 1_500


def test_services_of_the_lead_name_their_agreement_and_add_up(community):
    """Half-days of experts at 800 and readings at 30, for every township hospital in every full month; tests of the shared
    laboratory by number only, as its full cost is divided; a township uses it less than the lead's own wards."""
    services = list(community.facts["alliance-services"].values())
    kinds = {"EXPERT": "expert", "ECG": "diagnosis", "LAB": "laboratory", "CHRONIC": "other"}
    assert {(row["agreement"], row["service_kind"]) for row in services} == set(kinds.items())
    for row in services:
        if row["agreement"] == "LAB":
            assert (row["unit_cost"], row["amount"]) == ("", "")
        else:
            assert Decimal(row["amount"]) == Decimal(row["volume"]) * Decimal(row["unit_cost"]), row
    full = {row["date"][:7] for row in services if row["agreement"] == "LAB"}
    assert len(full) >= 3
    for month in full:
        tests = {
            row["receiver"]: int(row["volume"])
            for row in services
            if row["agreement"] == "LAB" and row["date"][:7] == month
        }
        assert set(tests) == {"", "T001", "T002", "T003"}
        assert all(tests[township] < tests[""] for township in tests if township)
    assert {row["receiver"][0] for row in services if row["agreement"] == "CHRONIC"} == {"V"}


def test_settlement_lists_add_up_to_the_charge_lines_of_insured_stays(community):
    charged, insured = defaultdict(Decimal), defaultdict(Decimal)
    for (institution, encounter, _), row in community.facts["charge-lines"].items():
        charged[institution, encounter] += Decimal(row["amount"])
        insured[institution, encounter] += Decimal(row["insured_amount"])
    lists = community.facts["settlement-lists"]
    assert len(lists) > 400
    for (institution, _), row in lists.items():
        stay = institution, row["encounter_no"]
        encounter = community.facts["encounters"][stay]
        assert encounter["scheme"] != "self_pay"
        assert row["settled_on"] == encounter["discharged"][:10]
        amount = {name: Decimal(value) for name, value in row.items() if name.endswith("paid") or name == "total"}
        assert (
            amount["total"]
            == charged[stay]
            == sum(amount[name] for name in ("fund_paid", "other_paid", "account_paid", "cash_paid"))
        )
        assert amount["fund_paid"] == insured[stay]
        before = amount["self_paid"] + amount["first_self_paid"] + Decimal(row["deductible"])
        assert abs((amount["total"] - before) * Decimal(row["reimbursement_ratio"]) - amount["fund_paid"]) < 10
    stays = [
        row for row in community.facts["encounters"].values() if row["kind"] == "inpatient" and row.get("discharged")
    ]
    insured_stays = [row for row in stays if row["scheme"] != "self_pay"]
    assert 0.90 < len(lists) / len(insured_stays) < 1, "a few have not come"


def test_the_insurer_groups_most_stays_of_the_county_hospital_alike_and_some_not(community):
    told = community.of("insurer-groupings", institution="H001")
    assert len(told) == len(community.facts["insurer-groupings"]) > 300
    reasons = [row["reason"] for row in told]
    alike = reasons.count("与上传清单一致")
    assert 0.80 < alike / len(told) < 0.97
    assert len(set(reasons)) == 4
    for row in told:
        encounter = community.facts["encounters"]["H001", row["encounter_no"]]
        assert encounter["discharged"][:7] < row["told_on"][:7] <= "2026-11"
        assert (row["group"] == "0000") == (not row.get("weight"))
