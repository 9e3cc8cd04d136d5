"""Bring a year of the running demo to its end and check it.

    make demo SCALE=county UNTIL=2026-01-05      # in one terminal: books, the night, closing, carrying forward
    .venv/bin/python -m tools.county_year 2025   # in another

Consolidates each month of the year over HTTP, explains the planted differences, makes the reports final, recomputes all of
it from the legs, runs `manage.py verify_integrity`, and prints the figures as a table. Exit 1 names what is wrong.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from ops_platform import embedded
from tools.county_year.checks import Books
from tools.county_year.consolidating import Unexpected, consolidate
from tools.county_year.database import Database
from tools.county_year.expected import pairs_of
from tools.county_year.figures import figures
from tools.county_year.settlements import settled
from tools.demo.browserless import PageRefused, closing_account, sign_in
from tools.demo.places import PROJECT, Places, read_json

MOST_FAULTS_TOLD = 40


def main() -> int:
    """All of it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.county_year", description=__doc__.split("\n")[0])
    parser.add_argument("year", type=int, help="a calendar year of the demo's data, as 2025")
    year = parser.parse_args().year
    places = Places()
    urls = embedded.read_urls(places.embedded)
    demo, planted = read_json(places.result, None), read_json(places.data / "planted.json", None)
    if not urls.database or demo is None or planted is None:
        print("No demo runs here: `make demo SCALE=county UNTIL=2026-01-05` first.", file=sys.stderr)
        return 1
    months = [month for month in _covered(planted) if month.startswith(f"{year:04d}-")]
    if not months:
        print(f"The demo here has no month of {year}.", file=sys.stderr)
        return 1
    with closing(Database(urls.database)) as database:
        planted["dealings"] = [*planted["dealings"], *settled(database)]
        try:
            table = list(_consolidate_all(demo, planted, months, places))
        except (PageRefused, Unexpected) as problem:
            print(problem, file=sys.stderr)
            return 1
        faults, seconds = _checked(database, planted, months)
        sizes = list(figures(database))
    table.append(("recomputing from the legs with pandas, seconds", f"{seconds:.1f}"))
    clean, seconds = _integrity(places, urls)
    table.append((f"verify_integrity, {'clean' if clean else 'FAULTS'}, seconds", f"{seconds:.1f}"))
    print("| what | figure |\n|---|---|")
    for title, figure in (*sizes, *table):
        print(f"| {title} | {figure} |")
    for fault in faults[:MOST_FAULTS_TOLD]:
        print(fault, file=sys.stderr)
    if len(faults) > MOST_FAULTS_TOLD:
        print(f"… {len(faults)} faults in all", file=sys.stderr)
    return 0 if clean and not faults else 1


def _covered(planted: dict[str, Any]) -> list[str]:
    return sorted({each["period"] for each in planted["direct_cost_total"]})


def _consolidate_all(
    demo: dict[str, Any],
    planted: dict[str, Any],
    months: Iterable[str],
    places: Places,
) -> Iterator[tuple[str, str]]:
    centre = closing_account(demo["accounts"])
    session = sign_in(demo["url"], centre["username"], centre["password"])
    alliance = read_json(places.data / "alliance.json", {})
    names = {each["name"]: each["code"] for each in alliance["institutions"]}
    leader = next(account for account in demo["accounts"] if account["role"] == "leadership")
    signer = sign_in(demo["url"], leader["username"], leader["password"])
    done = [consolidate(session, signer, month, pairs_of(planted["dealings"], month), names) for month in months]
    yield "months consolidated over HTTP and made final", f"{len(done)}"
    yield "differences explained in them, all planted and no other", f"{sum(each.explained for each in done)}"
    yield "button pressed until the page is there, slowest month, seconds", f"{max(each.seconds for each in done):.1f}"


def _checked(database: Database, planted: dict[str, Any], months: list[str]) -> tuple[list[str], float]:
    begun = time.monotonic()
    books = Books(database)
    faults = [
        *(f"{code}: no books" for code in _codes(planted) - set(books.institutions)),
        *books.unbalanced(),
        *books.equation(months),
        *books.against_facts(planted),
        *books.consolidation(database, planted, months),
    ]
    return faults, time.monotonic() - begun


def _codes(planted: dict[str, Any]) -> set[str]:
    return {each["institution"] for each in planted["opening_balances"]}


def _integrity(places: Places, urls: embedded.Urls) -> tuple[bool, float]:
    begun = time.monotonic()
    environment = {"DJANGO_SETTINGS_MODULE": "ops_platform.settings.local", "SECRET_KEY": places.secret_key()}
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_integrity"],
        cwd=PROJECT,
        env={**os.environ, **environment, **urls.as_environment()},
        check=False,
    )
    return done.returncode == 0, time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
