"""A year's end in a small community: from posted files to closed books, carried forward and consolidated, done over HTTP by
people, recomputed from outside with what the simulator planted."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.e2e.conftest import Community, filled
from tests.support import database
from tests.support.processes import Platform, empty_redis
from tools.county_year.checks import Books
from tools.county_year.consolidating import Unexpected, consolidate
from tools.county_year.database import Database
from tools.county_year.expected import pairs_of
from tools.demo.books import begin_books, carry_forward
from tools.demo.browserless import close_months, closing_account, sign_in

pytestmark = pytest.mark.services
UNTIL = "2026-01-05"
MONTHS = ["2025-10", "2025-11", "2025-12"]


@pytest.fixture(scope="module")
def closed(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Community]:
    """Books begun, the night run, three months closed, the year carried forward."""
    from django.db import connection

    folder = tmp_path_factory.mktemp("year")
    empty_redis()
    with django_db_blocker.unblock(), database.committed_copy(connection.settings_dict["NAME"]) as name:
        platform = Platform(database=name, folder=folder)
        try:
            community = filled(platform, folder, "--until", UNTIL)
            centre = closing_account([*community.accounts.values()])
            assert list(begin_books(platform.url, centre, community.planted))
            night = platform.manage("run_nightly", "--date", UNTIL, "--wait")
            assert night.returncode == 0, night.stdout + night.stderr
            assert list(close_months(platform.url, centre, MONTHS[:2])) == MONTHS[:2]
            assert carry_forward(platform.url, centre, 2025) == "2025 of 9 institutions carried forward"
            assert list(close_months(platform.url, centre, MONTHS[2:])) == MONTHS[2:]
            yield community
        finally:
            platform.stop()
            empty_redis()


def test_a_year_is_consolidated_with_the_planted_differences_and_no_other(closed: Community) -> None:
    platform, planted = closed.platform, closed.planted
    centre = closing_account([*closed.accounts.values()])
    session = sign_in(platform.url, centre["username"], centre["password"])
    leader = closed.accounts["leader"]
    signer = sign_in(platform.url, leader["username"], leader["password"])
    alliance = json.loads((platform.folder / "data" / "alliance.json").read_text(encoding="utf-8"))
    names = {each["name"]: each["code"] for each in alliance["institutions"]}
    dealings: Any = planted["dealings"]
    hidden = [{**each, "cost_amount": each["income_amount"], "difference": ""} for each in dealings]
    with pytest.raises(Unexpected, match="was not planted"):
        consolidate(session, signer, MONTHS[-1], pairs_of(hidden, MONTHS[-1]), names)
    done = [consolidate(session, signer, month, pairs_of(dealings, month), names) for month in MONTHS]
    assert sum(bool(each["difference"]) for each in dealings) == 5
    assert done[-1].explained >= 2
    with closing(Database(database.url_of(platform.database, "app"))) as link:
        books = Books(link)
        assert len(books.institutions) == 9
        assert list(books.unbalanced()) == []
        assert list(books.equation(MONTHS)) == []
        assert list(books.against_facts(planted)) == []
        assert list(books.consolidation(link, planted, MONTHS)) == []
        wrong = [{**dealings[0], "cost_amount": "1.00"}, *dealings[1:]]
        assert list(books.consolidation(link, {**planted, "dealings": wrong}, MONTHS))
    assert platform.manage("verify_integrity").returncode == 0
