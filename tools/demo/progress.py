"""What the demo has already done, so that a second start takes seconds and an interrupted one goes on."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.demo.places import read_json, write_json


@dataclass(frozen=True, slots=True)
class Size:
    """Which community the demo is of."""

    scale: str
    until: str = ""
    """Last day with data; empty: the day on which the demo was made."""


class OtherDemo(Exception):
    """The folder holds a demo of another size or seed."""


class Progress:
    """Finished steps and what they found out; written after every step."""

    def __init__(self, file: Path, *, size: Size, seed: int) -> None:
        self._file = file
        wanted = {**asdict(size), "seed": seed}
        self._state: dict[str, Any] = read_json(file, {**wanted, "done": {}})
        found = {name: self._state.get(name, "") for name in wanted}
        if found != wanted:
            there = f"SCALE={found['scale']}" + (f" UNTIL={found['until']}" if found["until"] else "")
            raise OtherDemo(f"The demo here has {there}: `make demo {there}`, or `make demo-reset` first.")

    def result(self, step: str) -> Any | None:
        """What a finished step found out; None if it has not finished."""
        return self._state["done"].get(step)

    def finish(self, step: str, result: Any = True) -> Any:
        """Note a step as done."""
        self._state["done"][step] = result
        write_json(self._file, self._state)
        return result
