"""Tables of the master data."""

from ops_platform.masterdata.models.alliance import Alliance, Institution, InstitutionKind
from ops_platform.masterdata.models.charge_item import ChargeItem, ChargeItemTerm, ItemClass
from ops_platform.masterdata.models.code_set import Code, CodeSet, CodeSetVersion
from ops_platform.masterdata.models.department import CostClass, Department, DepartmentTerm, ServiceMode
from ops_platform.masterdata.models.parameter import Parameter, ParameterProposal, Scope
from ops_platform.masterdata.models.period import AccountingPeriod, PeriodReopening, PeriodState
from ops_platform.masterdata.models.source import SourceMark

__all__ = [
    "AccountingPeriod",
    "Alliance",
    "ChargeItem",
    "ChargeItemTerm",
    "Code",
    "CodeSet",
    "CodeSetVersion",
    "CostClass",
    "Department",
    "DepartmentTerm",
    "Institution",
    "InstitutionKind",
    "ItemClass",
    "Parameter",
    "ParameterProposal",
    "PeriodReopening",
    "PeriodState",
    "Scope",
    "ServiceMode",
    "SourceMark",
]
