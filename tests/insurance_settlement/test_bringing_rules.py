"""What rules may say that are to hold for real cases, where they come from, and who brings them in for whom."""

import json
from datetime import date
from typing import Any

import pytest

from insurance_settlement import catalogue_workbooks
from insurance_settlement.engine.dip_catalogue import read_catalogue
from ops_platform.kernel import Invalid
from tests.insurance_settlement.test_areas import catalogue, members  # noqa: F401  a fixture
from tests.insurance_settlement.test_dip import DOCUMENT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("members")]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"age_from": 80, "age_to": 18}, "没有 80 岁以上、18 岁以下的病例"),
        ({"age_from": 131}, "年龄至多 130 岁，现为 131"),
        ({"age_from": -1}, "应在 0 到 200 之间，现为 -1"),
        ({"secondary_at_least": 41}, "病案首页至多 40 个次要诊断，现为 41"),
        ({"any_diagnosis": []}, "列表为空，没有病例符合"),
        ({"diseases": [], "age_from": 1}, "列表为空，没有病例符合"),
        ({"age_from": 80, "factor": "0"}, "系数应大于 0"),
    ],
)
def test_an_auxiliary_list_that_no_case_can_meet_is_refused_with_its_line(changed: dict[str, Any], told: str) -> None:
    content = DOCUMENT | {"adjustments": [{"name": "高龄", "factor": "1.1", **changed}]}
    with pytest.raises(Invalid, match=r"insurance_settlement\.catalogue_") as refusal:
        catalogue(date(2026, 5, 1), **content)
    assert told in refusal.value.message
    assert refusal.value.context["line"]


def test_a_catalogue_as_a_workbook_is_refused_by_row_and_an_old_one_stays_readable() -> None:
    content = DOCUMENT | {"adjustments": [{"name": "高龄", "factor": "1.1", "age_from": 80, "age_to": 18}]}
    old = read_catalogue(json.dumps(content).encode())
    with catalogue_workbooks.write_catalogue(old) as file, pytest.raises(Invalid, match="工作表「辅助目录」第 2 行"):
        catalogue_workbooks.text_in(file.read())
