"""From which days rules of costing may hold, and until which measures may be due: a slip of the year is told, not kept."""

from datetime import date

from ops_platform.kernel import Invalid

YEARS = range(2000, 2100)


def day_fault(day: date) -> str:
    """What is wrong with a day; "" for nothing."""
    return "" if day.year in YEARS else f"日期 {day} 不在 {YEARS[0]} 年至 {YEARS[-1]} 年之间，请核对年份。"


def check_day(day: date, *, field: str = "effective_from") -> None:
    """Raise Invalid, at the field, for a day of a year that nobody means."""
    if fault := day_fault(day):
        raise Invalid("costing.day_of_no_year", fault, field=field)
