"""Command line: `generate` writes a community's files, `post` sends them."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tools.his_simulator.client import post
from tools.his_simulator.generation import generate
from tools.his_simulator.scale import SCALES


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.his_simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("generate", help="write the files of a made-up community")
    making.add_argument("--scale", choices=sorted(SCALES), default="small")
    making.add_argument("--seed", type=int, default=1)
    making.add_argument("--out", type=Path, required=True)
    making.add_argument(
        "--until",
        type=date.fromisoformat,
        default=datetime.now(ZoneInfo("Asia/Shanghai")).date(),
        help="last day with data (default: today)",
    )
    sending = commands.add_parser("post", help="send the files as a HIS would; may be stopped and started again")
    sending.add_argument("directory", type=Path, metavar="DIR")
    sending.add_argument("--url", required=True, help="where the platform answers, as http://127.0.0.1:8000")
    sending.add_argument("--api-key", required=True)
    sending.add_argument("--senders", type=int, default=2, help="institutions sent at the same time")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    if arguments.command == "generate":
        begun = time.monotonic()
        rows = generate(SCALES[arguments.scale], arguments.seed, arguments.until, arguments.out)
        for dataset, count in rows.items():
            print(f"{dataset:<20} {count:>10,}")
        print(f"{'total':<20} {sum(rows.values()):>10,}  in {time.monotonic() - begun:.1f} s, {arguments.out}")
        return 0
    return post(arguments.directory, arguments.url, arguments.api_key, arguments.senders)


if __name__ == "__main__":
    sys.exit(main())
