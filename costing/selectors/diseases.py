"""What diseases (病种, by main diagnosis of the discharge) cost: the cases of the disease groups, put together another way,
and those that no group has because their abstract never came."""

from collections import defaultdict
from dataclasses import dataclass

from costing.engine.diseases import NONE, disease_name, disease_of
from costing.selectors.groups import CaseCost, GroupCost, case_costs, group_of
from insurance_settlement.public import DischargedCase, MonthOfCases, cases_without_abstract, month_of_cases
from ops_platform.his_intake.public import stays_of
from ops_platform.kernel import Period
from ops_platform.masterdata.selectors import ParametersAt

LENGTH = "costing.disease_code_length"
WITHOUT = "未填主要诊断"


@dataclass(frozen=True, slots=True)
class MonthOfDiseases:
    """The discharges of a month by disease: `cases` are those of the groups, then those without abstract; `keys` of each
    encounter, `diagnoses` as the abstracts have them ("" without), `names` of diseases."""

    settled: MonthOfCases
    cases: tuple[DischargedCase, ...]
    keys: dict[int, str]
    diagnoses: dict[int, str]
    names: dict[str, str]

    def costs(self, *, institution: int) -> list[GroupCost]:
        """Each disease by code, those without diagnosis last; one query."""
        members: dict[str, list[CaseCost]] = defaultdict(list)
        for one in case_costs(institution=institution, cases=self.cases):
            members[self.keys[one.case.encounter]].append(one)
        return [group_of(code, self.names[code], listed) for code, listed in sorted(members.items())]

    def title(self, code: str) -> str:
        """J18 肺炎; 未填主要诊断"""
        return self.names[code] if code == NONE else f"{code} {self.names[code]}".strip()


def month_of_diseases(*, institution: int, period: str) -> MonthOfDiseases | None:
    """The month's discharges with the main diagnoses that their grouping read; None while nothing has been priced."""
    settled = month_of_cases(institution=institution, period=period)
    if settled is None:
        return None
    cases = (*settled.cases, *cases_without_abstract(institution=institution, period=period))
    day = Period.parse(period).last_day
    characters = int(ParametersAt(LENGTH).value(key=LENGTH, day=day, institution_id=institution))
    stays = stays_of(institution=institution, encounters=[case.encounter for case in cases], sequence=settled.sequence)
    diagnoses = {case.encounter: stays[case.encounter].diagnosis for case in cases}
    keys = {encounter: disease_of(diagnosis, characters) for encounter, diagnosis in diagnoses.items()}
    of_disease: dict[str, list[str]] = defaultdict(list)
    for encounter, code in keys.items():
        of_disease[code].append(diagnoses[encounter])
    names = {
        code: WITHOUT if code == NONE else disease_name(code, listed, settled.diagnosis_names)
        for code, listed in of_disease.items()
    }
    return MonthOfDiseases(settled, cases, keys, diagnoses, names)
