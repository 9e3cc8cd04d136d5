"""Identity numbers never stay: a value that is a valid Chinese identity number is masked before a row is kept.

Valid means: 17 digits and a check character (GB 11643, ISO 7064 MOD 11-2), with a possible birth date inside. Other long
numbers (settlement numbers, barcodes) stay as they are. Mobile telephone numbers are masked where they stand among other
words; a value that is nothing but eleven digits may be a code and stays.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

_CANDIDATE = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_TELEPHONE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
MASK = "[身份证号已屏蔽]"
TELEPHONE_MASK = "[电话号码已屏蔽]"


def is_identity_number(text: str) -> bool:
    """Whether the 18 characters are a valid identity number."""
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return (
        _CHECK[sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True)) % 11]
        == text[17].upper()
    )


def _mask_text(text: str) -> str:
    cleaned = text.replace("\x00", "�")
    cleaned = _CANDIDATE.sub(lambda match: MASK if is_identity_number(match[0]) else match[0], cleaned)
    return cleaned if _TELEPHONE.fullmatch(cleaned) else _TELEPHONE.sub(TELEPHONE_MASK, cleaned)


def is_personal(text: str) -> bool:
    """Whether the text holds a valid identity number, or a telephone number among other words."""
    if any(is_identity_number(match[0]) for match in _CANDIDATE.finditer(text)):
        return True
    return not _TELEPHONE.fullmatch(text) and _TELEPHONE.search(text) is not None


def may_be_personal(texts: Sequence[str]) -> bool:
    """A quick look at many texts: whether any of them needs the closer one."""
    joined = "\n".join(texts)
    return _CANDIDATE.search(joined) is not None or _TELEPHONE.search(joined) is not None


def masked(value: Any, depth: int = 0) -> Any:
    """The value with every identity number in it masked, fit to be kept as JSON."""
    if isinstance(value, str):
        return _mask_text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        text = str(value)
        cleaned = _mask_text(text)
        return value if cleaned == text and abs(value) < 10**30 else cleaned
    if depth > 8:
        return "…"
    if isinstance(value, dict):
        return {_mask_text(str(key)): masked(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, depth + 1) for inner in value]
    return _mask_text(str(value))
