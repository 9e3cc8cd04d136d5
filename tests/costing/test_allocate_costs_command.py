"""`manage.py allocate_costs`: exit 0 with a result, 1 on a bad file, 2 when the model cannot be computed."""

import json
from pathlib import Path

import pytest

pytest.importorskip("django")

from django.core.management.base import CommandError

from costing.management.commands.allocate_costs import Command

MODEL = {
    "method": "step_down",
    "departments": [{"code": "ADM", "class": "administration"}, {"code": "MED", "class": "clinical"}],
    "costs": [{"department": "ADM", "item": "personnel", "amount": "160000.00"}],
    "steps": [{"from": ["ADM"], "driver": {"MED": "30"}}],
}


def run(folder: Path, text: str) -> Path:
    model, output = folder / "model.json", folder / "output.json"
    model.write_text(text, encoding="utf-8")
    Command().handle(model=model, output=output)
    return output


def test_result_is_written(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, json.dumps(MODEL)).read_text(encoding="utf-8"))
    assert document["full_costs"] == [{"department": "MED", "item": "personnel", "amount": "160000.00"}]


def test_bad_file_exits_1_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"costing\.model_choice") as stop:
        run(tmp_path, json.dumps({**MODEL, "method": "magic"}))
    assert stop.value.returncode == 1
    assert not (tmp_path / "output.json").exists()


def test_blocked_model_exits_2_with_findings_only(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="ADM") as stop:
        run(tmp_path, json.dumps({**MODEL, "steps": []}))
    assert stop.value.returncode == 2
    assert list(json.loads((tmp_path / "output.json").read_text(encoding="utf-8"))) == ["findings"]
