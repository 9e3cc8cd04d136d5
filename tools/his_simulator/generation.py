"""Makes a community's files: institution by institution, every dataset, month by month."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from tools.his_simulator import tables
from tools.his_simulator.anomalies import (
    BadRow,
    Suspicions,
    drop_in_visits,
    extra_lines,
    plain_lines,
    plan_bad_rows,
    raise_prices,
    suspicious_lines,
    with_bad_rows,
    without_a_day,
)
from tools.his_simulator.assets import cards_of, device_cards
from tools.his_simulator.balances import (
    STRANGE_ACCOUNT,
    STRANGE_ACCOUNT_AT,
    STRANGE_UNIFIED,
    opening_balances,
)
from tools.his_simulator.charges import ChargeLines, charge_lines_of
from tools.his_simulator.collaboration import services_of
from tools.his_simulator.community import LEAD_CODE, Institution, build_community, describe
from tools.his_simulator.dealings import Dealing, listed, plan_dealings, with_dealings
from tools.his_simulator.encounters import Encounters, Stays, encounters_of
from tools.his_simulator.front_pages import with_wrong_front_pages
from tools.his_simulator.ledgers import Ledger, ledgers_of
from tools.his_simulator.randomness import stream
from tools.his_simulator.rosters import rosters_of
from tools.his_simulator.scale import Calendar, Scale, calendar_until
from tools.his_simulator.settlements import TOLD_AFTER, insurer_groupings, settlement_lists
from tools.his_simulator.supplies import supplies_of
from tools.his_simulator.workloads import areas_of, headcounts_of, workloads_of
from tools.his_simulator.writer import ROWS_PER_BATCH, BatchWriter, Table, part_of, rows_of

SENDS_JSON = {"T001": {"departments", "staff-headcounts", "floor-areas", "income-entries", "discharge-abstracts"}}
SENDS_NDJSON = {"T002": {"departments", "staff-headcounts", "floor-areas", "encounters", "discharge-abstracts"}}
LOST_DAY_AT = "T002"
INCOME_DROP_AT = "V002"
CHARGE_KEYS = ("encounter_no", "line_no")
VOUCHER_KEYS = ("voucher", "line")


@dataclass
class Planted:
    """Everything a check may want to know of what was generated."""

    bad_rows: list[dict[str, object]]
    suspicious: list[dict[str, object]]
    corrections: list[dict[str, object]]
    refunds: int
    encounters_updated: int
    cost: list[dict[str, object]]
    income: list[dict[str, object]]
    charges: list[dict[str, object]]
    discharges: list[dict[str, object]]
    openings: list[dict[str, object]]
    depreciation: list[dict[str, object]]
    supplies: list[dict[str, object]]
    front_pages: list[dict[str, object]]


def _yuan(fen: int) -> str:
    sign, fen = ("-" if fen < 0 else ""), abs(int(fen))
    return f"{sign}{fen // 100}.{fen % 100:02d}"


class InstitutionFiles:
    """Writes the batches of one institution and notes what was planted in them."""

    def __init__(
        self,
        institution: Institution,
        scale: Scale,
        calendar: Calendar,
        seed: int,
        *,
        writer: BatchWriter,
        bad_rows: list[BadRow],
        dealings: list[Dealing],
        members: list[Institution],
        planted: Planted,
    ) -> None:
        self.institution = institution
        self.scale = scale
        self.calendar = calendar
        self.seed = seed
        self.writer = writer
        self.bad_rows = bad_rows
        self.dealings = dealings
        self.members = members
        self.planted = planted

    def _send(self, dataset: str, months: list[int], table: Table, purpose: str = "first") -> list[tuple[str, int]]:
        """Write one dataset of some months, with the bad rows planned for it; the batch and row of every row."""
        planned = []
        if purpose == "first":
            planned = [bad for bad in self.bad_rows if bad.dataset == dataset and bad.month in months]
        table, places = with_bad_rows(table, planned, self.seed)
        if not rows_of(table):
            return []
        code = self.institution.code
        form = "csv"
        if dataset in SENDS_JSON.get(code, ()):
            form = "json"
        elif dataset in SENDS_NDJSON.get(code, ()):
            form = "ndjson"
        label = self.calendar.periods[months[-1]].replace("-", "") if months[-1] >= 0 else "setup"
        numbers = self.writer.write(code, dataset, table, month=months[-1], label=label, form=form, purpose=purpose)
        for place, bad in places:
            batch, row = divmod(place, ROWS_PER_BATCH)
            note = {"institution": code, "dataset": dataset, "batch_no": numbers[batch], "row": row + 1}
            note |= {"field": bad.field, "kind": bad.kind}
            if bad.kind == "identity_number":
                note["masked_field"] = "summary"
            self.planted.bad_rows.append(note)
        return (
            [(numbers[i // ROWS_PER_BATCH], i % ROWS_PER_BATCH + 1) for i in range(rows_of(table))] if numbers else []
        )

    def _send_corrections(self, dataset: str, month: int, right: Table, wrong: Table, keys: tuple[str, ...]) -> None:
        """Send again what was wrong, and withdraw what should not have been sent, in one batch."""
        table = tables.joined(right, tables.retractions(wrong, keys))
        if not rows_of(table):
            return
        placed = self._send(dataset, [month], table, "correction")
        key_texts = [[value.replace(b"\0", b"").decode() for value in table[name].tolist()] for name in keys]
        for (batch_no, row), kind, *key in zip(
            placed,
            ["supersede"] * rows_of(right) + ["retract"] * rows_of(wrong),
            *key_texts,
            strict=True,
        ):
            self.planted.corrections.append(
                {
                    "institution": self.institution.code,
                    "dataset": dataset,
                    "batch_no": batch_no,
                    "row": row,
                    "kind": kind,
                    "key": dict(zip(keys, key, strict=True)),
                }
            )

    def _chunks(self) -> list[list[int]]:
        """Months sent together: one by one, but several at a time by clinics."""
        months = list(range(len(self.calendar.periods)))
        size = 1 if self.institution.beds else self.scale.clinic_months_per_batch
        return [months[i : i + size] for i in range(0, len(months), size)]

    def _months_of(self, minutes: np.ndarray) -> np.ndarray:
        return self.calendar.month_of_day[minutes // 1440]

    def _corrected(self) -> int:
        """How many charge lines of a month are sent wrong first."""
        if not self.institution.beds:
            return 0
        share = 8 if self.institution.code == LEAD_CODE else 2
        return share * (6 if self.scale.full_departments else 1)

    def write(self) -> None:
        institution, calendar, seed = self.institution, self.calendar, self.seed
        notes = Suspicions(institution.code, self.planted.suspicious)
        seen, stays = encounters_of(institution, self.scale, calendar, seed)
        if institution.code == INCOME_DROP_AT:
            seen = drop_in_visits(institution, calendar, seed, seen, notes)
        lines = charge_lines_of(institution, self.scale, calendar, seed, encounters=seen, stays=stays)
        if institution.code == LEAD_CODE:
            raise_prices(institution, seed, seen, lines, count=self.scale.suspicious_lines, notes=notes)
        totals = np.zeros(len(seen), dtype=np.int64)
        np.add.at(totals, lines.encounter, lines.amount)
        headcounts = headcounts_of(institution, self.scale, calendar, seed)
        work = workloads_of(institution, calendar, seed, encounters=seen, stays=stays, lines=lines)
        costs, incomes, charged = ledgers_of(institution, calendar, seed, lines, headcounts)
        costs, incomes = with_dealings(institution, calendar, self.dealings, costs, incomes)
        supplies = supplies_of(institution, calendar, seed, encounters=seen, lines=lines)
        self.planted.supplies += supplies.planted
        if institution.code == LOST_DAY_AT:
            lines = without_a_day(calendar, lines, notes)
        if institution.code == LEAD_CODE:
            strange = suspicious_lines(
                institution,
                calendar,
                seed,
                encounters=seen,
                lines=lines,
                count=self.scale.suspicious_lines,
                notes=notes,
            )
            lines = lines.plus(strange)

        first = f"{calendar.first_day:%Y}-01-01"
        self._send("departments", [-1], tables.departments(institution, first))
        self._send("charge-items", [-1], tables.charge_items(institution, first))
        self._write_assets(charged)
        work_month = calendar.month_of_day[work.day]
        for months in self._chunks():
            self._send("staff-headcounts", months, tables.staff_headcounts(institution, calendar, months, headcounts))
            areas = areas_of(institution, self.scale)
            self._send("floor-areas", months, tables.floor_areas(institution, calendar, months, areas))
            chosen = np.flatnonzero(np.isin(work_month, months))
            chosen = chosen[np.argsort(work.day[chosen], kind="stable")]
            self._send("workloads", months, tables.workloads(institution, calendar, work, chosen))
            chosen = np.flatnonzero(np.isin(incomes.month, months))
            self._send("income-entries", months, tables.income_entries(institution, calendar, incomes, chosen))
        self._write_costs(costs)
        self._write_encounters(seen)
        self._write_charges(seen, lines)
        if stays is not None:
            self._write_abstracts(seen, stays, totals)
            self._write_interim(seen, stays)
            self._write_settlements(seen, stays, lines)
        self._write_opening_balances(lines, incomes)
        for months in self._chunks():
            self._send("drug-and-material-moves", months, supplies.table("moves", months))
            self._send("equipment-uses", months, supplies.table("devices", months))
        for month in range(len(calendar.periods)):
            self._send("post-hours", [month], rosters_of(institution, calendar, self.seed, month, headcounts))
            self._send("alliance-services", [month], services_of(institution, self.members, calendar, seed, month))
        self._sum_up(seen, stays, lines, costs, incomes)

    def _write_assets(self, charged: dict[str, np.ndarray]) -> None:
        """Cards: all of an institution whose depreciation is left to the platform; of the others only those of devices."""
        if not charged:
            if self.institution.beds:
                self._send(
                    "assets", [-1], tables.assets(self.institution, device_cards(self.institution, self.calendar))
                )
            return
        cards, months = cards_of(self.institution, self.calendar, self.seed, charged)
        self._send("assets", [-1], tables.assets(self.institution, cards))
        for period, amount in zip(self.calendar.periods, months.tolist(), strict=True):
            note = {"period": period, "amount": _yuan(amount)}
            self.planted.depreciation.append({"institution": self.institution.code, **note})

    def _write_costs(self, costs: Ledger) -> None:
        """Cost entries; a few of every whole month are first sent with a wrong amount or should not be there."""
        rng = stream(self.seed, self.institution.code, "cost corrections")
        correcting = self.institution.code in (LEAD_CODE, "T001")
        for months in self._chunks():
            chosen = np.flatnonzero(np.isin(costs.month, months))
            right = tables.cost_entries(self.institution, self.calendar, costs, chosen)
            if not correcting or months[-1] + 1 >= len(self.calendar.periods):
                self._send("cost-entries", months, right)
                continue
            changed = np.sort(rng.choice(len(chosen), size=3, replace=False))
            amounts = costs.amount.copy()
            amounts[chosen[changed]] = amounts[chosen[changed]] * 11 // 10
            first = tables.cost_entries(self.institution, self.calendar, replace(costs, amount=amounts), chosen)
            surplus = replace(costs, line=costs.line + 900)
            wrong = tables.cost_entries(self.institution, self.calendar, surplus, chosen[changed[:1]])
            self._send("cost-entries", months, tables.joined(first, wrong))
            self._send_corrections("cost-entries", months[-1] + 1, part_of(right, changed), wrong, VOUCHER_KEYS)

    def _write_encounters(self, seen: Encounters) -> None:
        """Encounters in the month of admission; stays that end in a later month once more in that month."""
        admitted = self._months_of(seen.admitted)
        ended = np.minimum(seen.discharged // 1440, self.calendar.days - 1)
        known = (seen.discharged >= 0) & (seen.discharged < self.calendar.days * 1440)
        ended_month = np.where(known, self.calendar.month_of_day[np.maximum(ended, 0)], -1)
        for months in self._chunks():
            month_end = (self.calendar.days_of(months[-1])[-1] + 1) * 1440
            chosen = np.flatnonzero(np.isin(admitted, months))
            first = self._encounter_table(seen, chosen, month_end)
            self._send("encounters", months, first)
            chosen = np.flatnonzero(np.isin(ended_month, months) & (admitted < months[0]))
            later = self._encounter_table(seen, chosen, month_end)
            self._send("encounters", months, later, "update")
            self.planted.encounters_updated += len(chosen)

    def _encounter_table(self, seen: Encounters, chosen: np.ndarray, known_until: int) -> Table:
        return tables.encounters(
            self.institution, self.calendar, self.seed, seen=seen, chosen=chosen, known_until=known_until
        )

    def _write_charges(self, seen: Encounters, lines: ChargeLines) -> None:
        """Charge lines in the month of their time; some first with a wrong quantity, some not due at all."""
        rng = stream(self.seed, self.institution.code, "charge corrections")
        month = self._months_of(lines.minute)
        plain = plain_lines(lines) & (lines.amount > 0)
        unused = np.ones(len(seen), dtype=bool)
        for months in self._chunks():
            chosen = np.flatnonzero(np.isin(month, months))
            chosen = chosen[np.argsort(lines.minute[chosen] // 1440, kind="stable")]
            part = lines.take(chosen)
            count = self._corrected()
            if not count or months[-1] + 1 >= len(self.calendar.periods):
                self._send("charge-lines", months, self._charge_table(seen, part))
                continue
            fits = np.isin(np.arange(len(lines)), chosen) & plain & unused[lines.encounter]
            wrong = extra_lines(rng, seen, lines, fits, max(1, count // 4))
            unused[wrong.encounter] = False
            changed = np.sort(rng.choice(np.flatnonzero(plain[chosen]), size=count, replace=False))
            quantity = part.quantity.copy()
            quantity[changed] *= 2
            first = replace(part, quantity=quantity)
            first.price_again()
            self._send("charge-lines", months, self._charge_table(seen, first.plus(wrong)))
            right = self._charge_table(seen, part.take(changed))
            surplus = self._charge_table(seen, wrong)
            self._send_corrections("charge-lines", months[-1] + 1, right, surplus, CHARGE_KEYS)

    def _charge_table(self, seen: Encounters, lines: ChargeLines) -> Table:
        return tables.charge_lines(self.institution, self.calendar, seen, lines)

    def _write_abstracts(self, seen: Encounters, stays: Stays, totals: np.ndarray) -> None:
        discharged = seen.discharged[seen.stays_from :]
        known = discharged < self.calendar.days * 1440
        month = np.where(known, self._months_of(np.where(known, discharged, 0)), -1)
        for months in self._chunks():
            chosen = np.flatnonzero(np.isin(month, months))
            table = tables.discharge_abstracts(seen, stays, totals, chosen)
            if self.institution.code == LEAD_CODE:
                period = self.calendar.periods[months[-1]]
                table, notes = with_wrong_front_pages(table, seed=self.seed, institution=LEAD_CODE, period=period)
                self.planted.front_pages += notes
            self._send("discharge-abstracts", months, table)

    def _write_interim(self, seen: Encounters, stays: Stays) -> None:
        """Diagnoses of those who are still in after the last covered day: known on the day after admission, an operation on
        the third day; of some there are none yet."""
        rng = stream(self.seed, self.institution.code, "interim diagnoses")
        end = self.calendar.days * 1440
        admitted, discharged = (column[seen.stays_from :] for column in (seen.admitted, seen.discharged))
        begun = admitted + 1440
        chosen = np.flatnonzero((discharged >= end) & (begun < end) & (rng.random(len(stays)) < 0.92))
        operated = admitted[chosen] + 3 * 1440 < end
        minute = np.where(operated, end - 600, begun[chosen])
        last = len(self.calendar.periods) - 1
        table = tables.interim_diagnoses(self.calendar, seen, stays, chosen=chosen, minute=minute, operated=operated)
        self._send("interim-diagnoses", [last], table)

    def _write_settlements(self, seen: Encounters, stays: Stays, lines: ChargeLines) -> None:
        """Settlement lists in the month of the discharge, the insurer's groups in the one after."""
        scope = self.institution, self.calendar, self.seed
        table, month = settlement_lists(*scope, seen=seen, stays=stays, lines=lines)
        for months in self._chunks():
            self._send("settlement-lists", months, part_of(table, np.flatnonzero(np.isin(month, months))))
        for ended in range(len(self.calendar.periods) - 1):
            if len(self.calendar.days_of(ended + 1)) >= TOLD_AFTER:
                told = insurer_groupings(*scope, seen=seen, stays=stays, month=ended)
                self._send("insurer-groupings", [ended + 1], told)

    def _write_opening_balances(self, lines: ChargeLines, incomes: Ledger) -> None:
        """What the institution's books begin with, as the trial balance of its first month."""
        standings = opening_balances(self.institution, self.calendar, self.seed, lines=lines, incomes=incomes)
        code, period = self.institution.code, self.calendar.periods[0]
        self._send("trial-balances", [0], tables.trial_balances(period, standings))
        nets = {standing.account: standing.net for standing in standings}
        bank = sum(net for account, net in nets.items() if account.startswith("1002") and account != "1002")
        note: dict[str, object] = {"institution": code, "period": period, "accounts": len(standings)}
        note |= {"bank": _yuan(bank or nets["1002"]), "accumulated_surplus": _yuan(-nets["3001"])}
        if code == STRANGE_ACCOUNT_AT:
            note |= {"unknown_account": STRANGE_ACCOUNT, "unified_account": STRANGE_UNIFIED}
        self.planted.openings.append(note)

    def _sum_up(
        self, seen: Encounters, stays: Stays | None, lines: ChargeLines, costs: Ledger, incomes: Ledger
    ) -> None:
        """Totals of the valid rows after all corrections."""
        self.planted.refunds += int((lines.refund_of > 0).sum())
        line_month = self._months_of(lines.minute)
        code = self.institution.code
        ended = seen.discharged[seen.stays_from :]
        ended = ended[ended < self.calendar.days * 1440]
        for month, period in enumerate(self.calendar.periods):
            scope = {"institution": code, "period": period}
            here = line_month == month
            cost, income = costs.amount[costs.month == month], incomes.amount[incomes.month == month]
            self.planted.cost.append({**scope, "amount": _yuan(cost.sum())})
            self.planted.income.append({**scope, "amount": _yuan(income.sum())})
            self.planted.charges.append({**scope, "lines": int(here.sum()), "amount": _yuan(lines.amount[here].sum())})
            if stays is not None:
                spoiled = sum(
                    bad["institution"] == code
                    and bad["kind"] == "bad_code_form"
                    and str(bad["batch_no"]).startswith(f"discharge-abstracts-{period.replace('-', '')}-")
                    for bad in self.planted.bad_rows
                )
                count = int((self._months_of(ended) == month).sum())
                self.planted.discharges.append({**scope, "discharged": count, "abstracts": count - spoiled})


def generate(scale: Scale, seed: int, until: date, directory: Path) -> dict[str, int]:
    """Write all files of a community into `directory`; return the rows by dataset."""
    calendar = calendar_until(until, scale.months)
    institutions = build_community(scale, seed)
    directory.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(directory / "batches", ignore_errors=True)
    (directory / "posted.jsonl").unlink(missing_ok=True)
    writer = BatchWriter(directory)
    planted = Planted([], [], [], 0, 0, [], [], [], [], [], [], [], [])
    bad_rows = plan_bad_rows(scale, calendar, institutions, seed)
    dealings = plan_dealings(institutions, calendar, seed)
    for institution in institutions:
        own = [bad for bad in bad_rows if bad.institution == institution.code]
        files = InstitutionFiles(
            institution,
            scale,
            calendar,
            seed,
            writer=writer,
            bad_rows=own,
            dealings=dealings,
            members=institutions,
            planted=planted,
        )
        files.write()
    writer.finish()
    alliance = describe(institutions, calendar.periods[0], until.isoformat())
    _write_json(directory / "alliance.json", alliance)
    _write_json(
        directory / "planted.json",
        {
            "seed": seed,
            "scale": scale.name,
            "until": until.isoformat(),
            "totals": writer.rows_by_dataset,
            "bad_rows": planted.bad_rows,
            "suspicious": planted.suspicious,
            "corrections": planted.corrections,
            "encounters_updated": planted.encounters_updated,
            "refunds": planted.refunds,
            "direct_cost_total": planted.cost,
            "depreciation_of_cards": planted.depreciation,
            "income_total": planted.income,
            "charge_total": planted.charges,
            "discharges": planted.discharges,
            "opening_balances": planted.openings,
            "supplies": planted.supplies,
            "front_pages": planted.front_pages,
            "dealings": listed(dealings, calendar),
        },
    )
    return writer.rows_by_dataset


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
