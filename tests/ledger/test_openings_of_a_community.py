"""The books of a whole community begin with what the simulator sends for each institution."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from ops_platform.his_intake.models import QualityFinding
from ops_platform.his_intake.quality.checking import check_month
from ops_platform.kernel import Invalid, Period, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.local_accounts import LocalMapping
from ops_platform.ledger.selectors.figures import figures_of
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import load_alliance
from tests.support import trade
from tools.his_simulator.generation import generate
from tools.his_simulator.scale import SMALL


@pytest.mark.django_db
def test_every_institution_begins_balanced_once_its_accounts_are_mapped(tmp_path: Path) -> None:
    generate(SMALL, 7, date(2026, 11, 21), tmp_path)
    load_alliance(PLATFORM, json.loads((tmp_path / "alliance.json").read_text(encoding="utf-8")))
    members = {institution.code: institution for institution in Institution.objects.all()}
    for batch in json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8")):
        if batch["dataset"] == "trial-balances":
            text = (tmp_path / batch["file"]).read_text(encoding="utf-8")
            trade.landed(members[batch["institution"]], "trial-balances", list(csv.DictReader(text.splitlines())))
    first = Period(2026, 8)
    planted = json.loads((tmp_path / "planted.json").read_text(encoding="utf-8"))["opening_balances"]
    for entry in planted:
        institution = members[entry["institution"]]
        services.adopt_proposals(PLATFORM, institution=institution, period=first)
        check_month(institution, first)
        if "unknown_account" in entry:
            with pytest.raises(Invalid, match=entry["unknown_account"]):
                services.book_opening_from_trial_balance(PLATFORM, institution)
            mapping = LocalMapping(entry["unknown_account"], "", entry["unified_account"], first.first_day)
            services.map_accounts(PLATFORM, institution=institution, mappings=[mapping])
        services.book_opening_from_trial_balance(PLATFORM, institution)
        figures = figures_of([institution.pk], first)
        assert sum(row.opening for row in figures if row.account < "6") == 0
        assert sum(row.opening for row in figures if row.account > "6") == 0
        assert sum(row.opening for row in figures if row.account == "1002") == to_fen(entry["bank"])
    found = QualityFinding.objects.filter(rule__in=("local_account_unmapped", "trial_balance_uneven"))
    assert [(row.institution.code, row.rule) for row in found] == [("T003", "local_account_unmapped")]
