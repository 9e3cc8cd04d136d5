"""Seeded mutations of documents, bytes and records: what senders get wrong, and what nobody would send."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**30, 1.5, "", " ", "0", "-1", "1e9999", "NaN", "Infinity", "０", "J18.900", "\x00",
    "'; --", "<b>", "a" * 5_000, "😀", "\ud800", [], {}, [[]], [None], {"": 0}, {"type": "always"}, ["J18.900", 7],
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-1", "1e9999", "NaN", "Infinity", "０", "J18.900", "\x00", "'; --", "a" * 5_000, "😀", "\n", '"', ",",
    "|", "||", "1.005", "1,000.00",
)  # fmt: skip


def documents(document: Any, count: int, seed: int) -> Iterator[bytes]:
    """Files of the document with one to three faults in its tree; some are cut or have bytes changed."""
    random = Random(seed)
    for _ in range(count):
        changed = copy.deepcopy(document)
        for _ in range(random.randint(1, 3)):
            changed = changed_somewhere(changed, random)
        content = json.dumps(changed, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
        yield damaged(content, random) if random.random() < 0.2 else content


def changed_somewhere(document: Any, random: Random) -> Any:
    """The document with one value replaced, dropped, doubled, moved or renamed, or another in its place."""
    places = list(_places(document))
    if not places:
        return random.choice(ODD)
    holder, key = random.choice(places)
    act = random.randrange(6)
    if act <= 1:
        holder[key] = copy.deepcopy(random.choice(ODD))
    elif act == 2:
        del holder[key]
    elif act == 3:
        other, at = random.choice(places)
        holder[key] = copy.deepcopy(other[at])
    elif isinstance(holder, list):
        holder.insert(random.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
    else:
        holder[random.choice(("unknown", "", f"{key} ", key.upper()))] = holder.pop(key)
    return document


def damaged(content: bytes, random: Random) -> bytes:
    """Cut off, with a byte changed, or with bytes put in."""
    place = random.randrange(len(content) + 1)
    act = random.randrange(3)
    if act == 0:
        return content[:place]
    noise = bytes(random.randrange(256) for _ in range(random.randint(1, 4)))
    return content[:place] + noise + content[place + (len(noise) if act == 1 else 0) :]


def records(good: dict[str, str], count: int, seed: int) -> Iterator[dict[str, str]]:
    """Records with one to four odd cells."""
    random = Random(seed)
    for _ in range(count):
        record = dict(good)
        for column in random.sample(sorted(good), k=min(len(good), random.randint(1, 4))):
            record[column] = random.choice((*TEXTS, good[column] * 2, good[column][:-1]))
        yield record


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member of every container, as the container and its key."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield value, key
        yield from _places(member)
