"""The columns in which a patient's or item's cost is kept: the seven cost items borne by own and basic fiscal funds,
then what fiscal projects and research bore. By them every layer of cost can be shown (domain.md 1.1):

    medical cost 医疗成本 = the seven;  full medical cost 医疗全成本 = + fiscal project;  医院全成本 = + research
"""

COST_ITEMS = ("personnel", "materials", "drugs", "depreciation", "amortisation", "risk_fund", "other")
FISCAL_PROJECT, RESEARCH = "fiscal_project", "research"
COLUMNS = (*COST_ITEMS, FISCAL_PROJECT, RESEARCH)
MEDICAL = slice(0, len(COST_ITEMS))
MATERIALS, DRUGS = COST_ITEMS.index("materials"), COST_ITEMS.index("drugs")
_BORNE_APART = {FISCAL_PROJECT, RESEARCH}


def column_of(cost_item: str, funding_source: str) -> int:
    """Where an amount of that cost item and funding source is kept."""
    return COLUMNS.index(funding_source if funding_source in _BORNE_APART else cost_item)
