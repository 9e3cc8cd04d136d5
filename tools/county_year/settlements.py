"""What the platform itself settles between members under their agreements: dealings beside those that the hospitals sent.
Both sides are booked by the platform, so that these never differ."""

from typing import Any

from tools.county_year.database import Database

PARTS = """
SELECT r.period, p.code AS payee, b.code AS bearer, sum(s.amount) AS amount
FROM costing_settlementpart s JOIN costing_settlementrun r ON r.id = s.run_id AND r.is_current
JOIN masterdata_institution p ON p.id = s.payee_id JOIN masterdata_institution b ON b.id = s.bearer_id
WHERE s.payee_id <> s.bearer_id GROUP BY 1, 2, 3 HAVING sum(s.amount) <> 0 ORDER BY 1, 2, 3
"""
KIND = "settlement"


def settled(database: Database) -> list[dict[str, Any]]:
    """The dealings of current settlements as planted.json tells dealings."""
    return [
        {
            "period": period,
            "kind": KIND,
            "income_institution": payee,
            "income_amount": str(amount),
            "cost_institution": bearer,
            "cost_amount": str(amount),
            "difference": "",
        }
        for period, payee, bearer, amount in database.rows(PARTS)
    ]
