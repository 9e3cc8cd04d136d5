"""Diseases (病种) by main diagnosis: ICD-10 codes cut to category (类目, 3 characters) or subcategory (亚目, 4).

Source: domain.md 1.6 (the three methods are those of DRG; only the key changes). J18.900 belongs to J18, or to J18.9;
national extensions (J18.900x003) to the same. A case without main diagnosis (no abstract) belongs to `NONE`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

NONE = "none"
CATEGORY, SUBCATEGORY = 3, 4


def disease_of(diagnosis: str, characters: int) -> str:
    """The disease of a main diagnosis; with 4 characters or more that of its subcategory."""
    plain = "".join(one for one in diagnosis.upper() if one.isascii() and one.isalnum())
    if not plain:
        return NONE
    category, rest = plain[:CATEGORY], plain[CATEGORY:SUBCATEGORY]
    return f"{category}.{rest}" if characters >= SUBCATEGORY and rest else category


def disease_name(code: str, diagnoses: Iterable[str], names: Mapping[str, str]) -> str:
    """The name that the code table has for the code itself, else that of its most frequent diagnosis (the lowest code where
    several are), with 等 where it has several."""
    if code in names:
        return names[code]
    counted = Counter(diagnoses)
    known = sorted((one for one in counted if one in names), key=lambda one: (-counted[one], one))
    if not known:
        return ""
    return f"{names[known[0]]}等" if len(counted) > 1 else names[known[0]]
