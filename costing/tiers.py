"""The order in which classes of departments pass their cost on (阶梯): administration, medical support, medical technology;
clinical departments keep it."""

from ops_platform.masterdata.models import CostClass

TIERS = (CostClass.ADMINISTRATION, CostClass.MEDICAL_SUPPORT, CostClass.MEDICAL_TECHNOLOGY)


def is_later(cost_class: str, than: str) -> bool:
    """Whether departments of a class receive from those of another tier: clinical ones, and those of a later tier."""
    return cost_class not in TIERS or TIERS.index(CostClass(cost_class)) > TIERS.index(CostClass(than))
