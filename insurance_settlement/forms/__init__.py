"""Forms of the settlement pages."""

from insurance_settlement.forms.rules import AreaForm, PriceBookForm, SchemeForm

__all__ = ["AreaForm", "PriceBookForm", "SchemeForm"]
