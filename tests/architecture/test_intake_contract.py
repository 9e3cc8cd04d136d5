"""docs/intake-contract.md names exactly the datasets and fields that the gate takes."""

import re

from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Choice
from tests.architecture.source import table_rows

FIELD = re.compile(r"(?P<key>\*\*)?(?P<name>[a-z_]+)(?:\*\*)?(?P<optional>\?)?")


def _pages() -> dict[str, str]:
    """What the page says of each dataset."""
    return {cells[0].strip("`"): cells[1] for cells in table_rows("intake-contract.md") if len(cells) == 2}


def _fields(text: str) -> list[tuple[str, bool, bool]]:
    """Name, in the key, optional, of every field in the order of the page; remarks in brackets are left out."""
    plain = re.sub(r"\([^()]*\)", "", text).partition(";")[0]
    matches = [FIELD.match(part.strip()) for part in plain.split(",")]
    return [(match["name"], bool(match["key"]), bool(match["optional"])) for match in matches if match]


def _declared(dataset: Dataset) -> list[tuple[str, bool, bool]]:
    return [(field.name, field.name in dataset.key, not field.required) for field in dataset.fields]


def test_contract_names_exactly_the_datasets() -> None:
    assert set(_pages()) == set(DATASETS)


def test_contract_names_exactly_the_fields_with_keys_in_bold_and_optional_ones_marked() -> None:
    pages = _pages()
    assert {code: _fields(pages[code]) for code in DATASETS} == {code: _declared(one) for code, one in DATASETS.items()}


def test_contract_lists_the_codes_of_every_choice() -> None:
    for code, text in _pages().items():
        for field in (field for field in DATASETS[code].fields if isinstance(field, Choice)):
            bracket = re.search(rf"\b{field.name}\b[*?]* \(([^()]*)\)", text)
            assert bracket, f"{code}.{field.name}"
            assert re.findall(r"`([^`]+)`", bracket[1]) == [choice for choice, _ in field.choices], (
                f"{code}.{field.name}"
            )
