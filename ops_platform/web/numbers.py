"""Numbers out of addresses and forms, which may hold anything."""

LONGEST_KEY = 18  # digits of a bigint that are always safe


def number_of(text: str, otherwise: int = 0) -> int:
    """The number that the text writes in plain digits; any other text, and one longer than a key, gives `otherwise`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY else otherwise
