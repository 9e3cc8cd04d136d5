"""How stays ended, counted: what quality is judged by. Facts as they hold now, sums in SQL, no encounter is named."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

READMISSION_DAYS = 31


@dataclass(frozen=True, slots=True)
class StayOutcomes:
    """Inpatients whom a department discharged in a month: how many, how many died, how many were admitted to the same
    institution again within 31 days, for whatever reason; of how many it is not known yet, since no abstract has come
    (`without_abstract`) or the 31 days are not over (`not_over`)."""

    department: int
    period: str
    discharges: int
    deaths: int
    readmitted: int
    without_abstract: int = 0
    not_over: int = 0


def stay_outcomes(*, institution: int, first: date, last: date, today: date) -> list[StayOutcomes]:
    """Stays discharged from `first` to `last`, by department and month, as known on a day; one query. Who died or has no
    abstract yet counts as discharged; a stay that begins on the day of discharge counts as coming back."""
    zone = timezone.get_current_timezone_name()
    reaching = last + timedelta(days=READMISSION_DAYS + 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH stays AS (
                SELECT e.entity, e.patient, e.department_id, e.admitted, e.discharged
                FROM his_intake_encounter e
                WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient' AND e.superseded_sequence IS NULL
                  AND e.admitted < %(reaching)s::date::timestamp AT TIME ZONE %(zone)s
                  AND (e.discharged IS NULL OR e.discharged >= %(first)s::date::timestamp AT TIME ZONE %(zone)s)
            )
            , outcomes AS (
                SELECT s.*, EXISTS (
                    SELECT 1 FROM stays n WHERE n.patient = s.patient AND n.entity <> s.entity
                    AND n.admitted >= s.discharged
                    AND n.admitted <= s.discharged + interval '{READMISSION_DAYS} days') AS returned
                FROM stays s
            )
            SELECT s.department_id, to_char(s.discharged AT TIME ZONE %(zone)s, 'YYYY-MM') AS period, COUNT(*),
                   COUNT(*) FILTER (WHERE a.leaving_type = '5'),
                   COUNT(*) FILTER (WHERE s.returned),
                   COUNT(*) FILTER (WHERE a.encounter IS NULL),
                   COUNT(*) FILTER (WHERE NOT s.returned AND a.leaving_type IS DISTINCT FROM '5'
                       AND (s.discharged AT TIME ZONE %(zone)s)::date + {READMISSION_DAYS} >= %(today)s::date)
            FROM outcomes s
            LEFT JOIN his_intake_dischargeabstract a ON a.institution_id = %(institution)s
                AND a.encounter = s.entity AND a.superseded_sequence IS NULL
            WHERE s.discharged >= %(first)s::date::timestamp AT TIME ZONE %(zone)s
              AND s.discharged < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
            GROUP BY 1, 2 ORDER BY 1, 2
            """,
            {
                "institution": institution,
                "first": first,
                "last": last,
                "reaching": reaching,
                "zone": zone,
                "today": today,
            },
        )
        return [StayOutcomes(*row) for row in cursor.fetchall()]
