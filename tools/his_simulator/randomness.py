"""One stream of random numbers for each subject, so that a change in one subject leaves the others as they were."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np


def stream(seed: int, *subject: str) -> np.random.Generator:
    """The generator of a subject such as ("H001", "stays"): the same for the same seed and subject."""
    digest = hashlib.sha256("/".join((str(seed), *subject)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def pseudonyms(seed: int, kind: str, numbers: np.ndarray) -> np.ndarray:
    """64 hexadecimal characters for every person number: an HMAC under the community's key, made from the seed."""
    key = hashlib.sha256(f"pseudonym key {seed}".encode()).digest()
    persons, position = np.unique(numbers, return_inverse=True)
    known = [hmac.digest(key, f"{kind}:{number}".encode(), "sha256").hex().encode() for number in persons.tolist()]
    return np.array(known, dtype="S64")[position] if known else np.zeros(0, dtype="S64")
