"""What the demo's people enter about the imaging department fits the county's price list."""

import csv

from tools.demo.item_costing import DRIVERS, SURVEY, UNIT_OF
from tools.his_simulator.catalogue import catalogue_of

EXECUTORS = ("imaging", "ultrasound", "ecg", "endoscopy")


def survey() -> tuple[list[str], list[dict[str, str]]]:
    with SURVEY.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return [name for name in reader.fieldnames or () if name != "code"], rows


def test_the_survey_knows_every_item_that_the_department_can_carry_out():
    catalogue = catalogue_of("lead_hospital")
    mine = [code.decode() for code, by in zip(catalogue.code, catalogue.executor, strict=True) if by in EXECUTORS]
    assert sorted(row["code"] for row in survey()[1]) == sorted(mine)


def test_every_activity_has_a_driver_and_is_used():
    names, rows = survey()
    assert {len(drivers) for drivers in DRIVERS.values()} == {len(names)}
    assert all(any(row[name] for row in rows) for name in names)


def test_a_unit_has_one_name_and_kind_whatever_leads_to_it():
    units = {unit for _word, unit in UNIT_OF}
    assert len({code for code, _name, _kind in units}) == len(units)
