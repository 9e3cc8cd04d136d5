"""Exact money: integer fen (分, 0.01 yuan), and the one way in which an amount is divided.

Rule (domain.md section 0): floor every share to the fen, then give the missing fen one by one to the
largest remainders; among equal remainders the earlier receiver goes first, so callers order receivers by
code. A negative amount is divided as the mirror of the positive one, so that a reversal cancels to the fen.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

FEN = Decimal("0.01")
LIMIT = Decimal(10) ** 16  # what NUMERIC(18,2) holds
SHARE_DIGITS = 12


def to_fen(amount: Decimal | str | int) -> int:
    """Yuan to integer fen. Raises ValueError for anything that is not an exact number of fen below 10^16 yuan."""
    try:
        value = Decimal(amount)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise ValueError(f"not an amount in yuan: {amount!r}") from error
    if not value.is_finite() or abs(value) >= LIMIT:
        raise ValueError(f"not an amount in yuan: {amount!r}")
    fen = value.scaleb(2)
    if fen != fen.to_integral_value():
        raise ValueError(f"more than two decimals: {amount!r}")
    return int(fen)


def from_fen(fen: int) -> Decimal:
    """Integer fen to yuan with two decimals."""
    return Decimal(int(fen)).scaleb(-2)


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide `total` (fen) by integer `weights` >= 0; the parts sum to `total` exactly.

    Raises ValueError when a weight is negative or all are zero: the caller decides what that means
    (a finding that names the department), nothing is lost or divided equally in silence.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("negative weight")
    whole = sum(weights)
    if whole == 0:
        raise ValueError("weights sum to zero")
    sign = -1 if total < 0 else 1
    amount = abs(total)
    parts = [amount * weight // whole for weight in weights]
    missing = amount - sum(parts)
    if missing:
        remainders = [amount * weight % whole for weight in weights]
        order = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
        for index in order[:missing]:
            parts[index] += 1
    return tuple(sign * part for part in parts)


def quantise_shares(shares: Sequence[float]) -> tuple[int, ...]:
    """Float shares (drivers, solves) to integer weights of 12 decimals.

    Floats differ in the last bits with the number of BLAS threads; after this the split does not.
    """
    scale = 10**SHARE_DIGITS
    return tuple(round(share * scale) for share in shares)


def split_shares(total: int, shares: Sequence[float]) -> tuple[int, ...]:
    """`split` by float shares, quantised to 12 decimals first."""
    return split(total, quantise_shares(shares))
