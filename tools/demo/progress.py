"""What the demo has already done, so that a second start takes seconds and an interrupted one goes on."""

from pathlib import Path
from typing import Any

from tools.demo.places import read_json, write_json


class OtherDemo(Exception):
    """The folder holds a demo of another size or seed."""


class Progress:
    """Finished steps and what they found out; written after every step."""

    def __init__(self, file: Path, *, scale: str, seed: int) -> None:
        self._file = file
        wanted = {"scale": scale, "seed": seed}
        self._state: dict[str, Any] = read_json(file, {**wanted, "done": {}})
        found = {name: self._state.get(name) for name in wanted}
        if found != wanted:
            size = found["scale"]
            raise OtherDemo(f"The demo here has SCALE={size}: `make demo SCALE={size}`, or `make demo-reset` first.")

    def result(self, step: str) -> Any | None:
        """What a finished step found out; None if it has not finished."""
        return self._state["done"].get(step)

    def finish(self, step: str, result: Any = True) -> Any:
        """Note a step as done."""
        self._state["done"][step] = result
        write_json(self._file, self._state)
        return result
