"""Exact values to whole numbers."""

from fractions import Fraction


def nearest(exact: Fraction) -> int:
    """Half away from zero."""
    sign = -1 if exact < 0 else 1
    return sign * ((2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator))
