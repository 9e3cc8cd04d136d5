"""What follows from where a matter belongs: attributes of its institution and department, by which conditions may branch."""

from collections.abc import Mapping
from datetime import date

from ops_platform.masterdata.models import CostClass, Department, Institution, InstitutionKind
from ops_platform.masterdata.selectors import cost_class_at
from workflows.engine import definition
from workflows.engine.conditions import Attribute, Kind, Value

INSTITUTION_CODE = Attribute("institution", "机构代码", Kind.TEXT)
INSTITUTION_KIND = Attribute(
    "institution_kind",
    "机构类型",
    Kind.CHOICE,
    tuple((str(code), str(title)) for code, title in InstitutionKind.choices),
)
DEPARTMENT_CLASS = Attribute(
    definition.DEPARTMENT_CLASS,
    "科室类别",
    Kind.CHOICE,
    (*((str(code), str(title)) for code, title in CostClass.choices), (definition.NO_DEPARTMENT, "不涉及科室")),
)

FOLLOWING = frozenset(attribute.name for attribute in (INSTITUTION_CODE, INSTITUTION_KIND, DEPARTMENT_CLASS))


def class_of(department: Department | None, day: date) -> str | None:
    """The cost class of the department on the day; `NO_DEPARTMENT` without one, None where it had no class then."""
    return definition.NO_DEPARTMENT if department is None else cost_class_at(department=department.pk, day=day)


def values_of_place(institution: Institution | None, department: Department | None, day: date) -> Mapping[str, Value]:
    """The three attributes as they would be for a matter submitted on the day."""
    return {
        INSTITUTION_CODE.name: institution.code if institution else None,
        INSTITUTION_KIND.name: institution.kind if institution else None,
        DEPARTMENT_CLASS.name: class_of(department, day),
    }
