"""Cases narrowed by what their stay and its abstract say: who treated, how the patient left."""

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from insurance_settlement.models import CaseResult

DOCTOR = 12  # characters of the pseudonym that are shown
_OF_DOCTOR = (
    "EXISTS (SELECT 1 FROM his_intake_encounter e WHERE e.entity = insurance_settlement_caseresult.encounter"
    " AND e.superseded_sequence IS NULL AND left(e.doctor, %s) = %s)"
)
_LEFT = (
    "EXISTS (SELECT 1 FROM his_intake_encounter e JOIN his_intake_dischargeabstract a"
    " ON a.institution_id = e.institution_id AND a.encounter = e.entity AND a.superseded_sequence IS NULL"
    " WHERE e.entity = insurance_settlement_caseresult.encounter AND e.superseded_sequence IS NULL"
    " AND a.leaving_type = %s)"
)


def of_doctor(rows: QuerySet[CaseResult], doctor: str) -> QuerySet[CaseResult]:
    """Those of a doctor, by the beginning of the pseudonym that is shown."""
    return rows.filter(RawSQL(_OF_DOCTOR, (DOCTOR, doctor), output_field=BooleanField()))  # noqa: S611 - a constant text


def that_left(rows: QuerySet[CaseResult], leaving_type: str) -> QuerySet[CaseResult]:
    """Those whose abstract says that they left so (离院方式)."""
    return rows.filter(RawSQL(_LEFT, (leaving_type,), output_field=BooleanField()))  # noqa: S611 - a constant text
