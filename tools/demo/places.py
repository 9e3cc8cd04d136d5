"""Where the demo keeps what it makes, all below `.run`."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Places:
    """The demo's folder and its result file."""

    root: Path = PROJECT / ".run"

    @property
    def folder(self) -> Path:
        return self.root / "demo"

    @property
    def result(self) -> Path:
        """What people and scripts read: address, accounts, key, figures (../shared/interfaces.md)."""
        return self.root / "demo.json"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def accounts(self) -> Path:
        return self.folder / "accounts.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def embedded(self) -> Path:
        return self.folder / "embedded"

    def secret_key(self) -> str:
        """The demo's SECRET_KEY, made once, so that sessions survive a restart."""
        file = self.folder / "secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(48))
        return file.read_text(encoding="utf-8")


def write_private(file: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    new.replace(file)


def write_json(file: Path, content: Any) -> None:
    """Replace a JSON file that only its owner may read."""
    write_private(file, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def read_json(file: Path, otherwise: Any) -> Any:
    """A JSON file's content, or `otherwise` where there is none."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return otherwise
