"""The statements behind `selectors.measures`. A step is named `flow:key`, since flows may call different steps alike. Braces
are doubled where they are JSON: the text is formatted once."""

SHOWN_PATHS = 10

# {chosen} is the compiled query of the matters' keys; its parameters come first.
CHOSEN = """
WITH chosen AS (
  SELECT m.id, m.subject_type, m.state, v.flow_id || ':' AS flow,
    EXTRACT(EPOCH FROM m.ended_at - m.submitted_at)::float8 / 3600 AS hours
  FROM workflows_matter m JOIN workflows_flowversion v ON v.id = m.version_id WHERE m.id IN ({chosen})
),
turns AS (
  SELECT c.subject_type, c.flow || t.step AS step, EXTRACT(EPOCH FROM t.done_at - t.created_at)::float8 AS held,
    EXTRACT(EPOCH FROM LEAST(COALESCE(t.opened_at, t.done_at), t.done_at) - t.created_at)::float8 AS waited
  FROM workflows_task t JOIN chosen c ON c.id = t.matter_id
  WHERE t.state IN ('signed', 'refused') AND t.origin <> 'repeat' AND t.done_at IS NOT NULL
)"""
BY_KIND = """,
ends AS (
  SELECT subject_type, count(*) AS started,
    count(*) FILTER (WHERE state IN ('running', 'returned')) AS in_hand,
    count(*) FILTER (WHERE state = 'approved') AS approved,
    count(*) FILTER (WHERE state = 'rejected') AS rejected,
    count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE state = 'expired') AS expired,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) FILTER (WHERE state <> 'withdrawn') AS median_hours,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY hours) FILTER (WHERE state <> 'withdrawn') AS p90_hours
  FROM chosen GROUP BY subject_type
),
deeds AS (
  SELECT c.subject_type, count(DISTINCT c.id) FILTER (WHERE a.events @> '[{{"kind": "returned"}}]') AS returned,
    count(*) FILTER (WHERE a.kind IN ('remind', 'urge')) AS reminders,
    count(*) FILTER (WHERE a.kind = 'escalate') AS escalations
  FROM chosen c JOIN workflows_act a ON a.matter_id = c.id GROUP BY c.subject_type
),
waits AS (
  SELECT subject_type, sum(waited) / NULLIF(sum(held), 0) AS waiting_share FROM turns GROUP BY subject_type
)
SELECT ends.*, COALESCE(deeds.returned, 0), COALESCE(deeds.reminders, 0), COALESCE(deeds.escalations, 0),
  waits.waiting_share
FROM ends LEFT JOIN deeds USING (subject_type) LEFT JOIN waits USING (subject_type) ORDER BY subject_type
"""
BY_MATTER = """,
decided AS (
  SELECT id, hours FROM chosen WHERE state IN ('approved', 'rejected', 'expired')
),
visits AS (
  SELECT t.matter_id FROM workflows_task t JOIN decided d ON d.id = t.matter_id
  GROUP BY t.matter_id, t.visit HAVING max(t.done_at) > min(t.created_at)
),
walked AS (
  SELECT matter_id AS id, count(*) AS steps FROM visits GROUP BY matter_id
),
hands AS (
  SELECT a.matter_id, a.person_id, lag(a.person_id) OVER (PARTITION BY a.matter_id ORDER BY a.number) AS former
  FROM workflows_act a JOIN decided d ON d.id = a.matter_id
  WHERE a.person_id IS NOT NULL AND a.kind NOT IN ('comment', 'urge')
),
passed AS (
  SELECT matter_id AS id, count(*) FILTER (WHERE former <> person_id) AS handovers FROM hands GROUP BY matter_id
)
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours),
  percentile_disc(0.5) WITHIN GROUP (ORDER BY COALESCE(steps, 0)),
  percentile_disc(0.5) WITHIN GROUP (ORDER BY COALESCE(handovers, 0))
FROM decided LEFT JOIN walked USING (id) LEFT JOIN passed USING (id)
"""
BY_STEP = """,
visits AS (
  SELECT c.flow || t.step AS step, bool_or(t.state IN ('open', 'held')) AS here,
    EXTRACT(EPOCH FROM max(t.done_at) - min(t.created_at))::float8 / 3600 AS hours
  FROM workflows_task t JOIN chosen c ON c.id = t.matter_id GROUP BY t.matter_id, t.visit, c.flow, t.step
),
stays AS (
  SELECT step, count(*) AS visits, count(*) FILTER (WHERE here) AS here,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) FILTER (WHERE NOT here) AS median_hours,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY hours) FILTER (WHERE NOT here) AS p90_hours
  FROM visits WHERE here OR hours > 0 GROUP BY step
),
waits AS (
  SELECT step, sum(waited) / NULLIF(sum(held), 0) AS waiting_share FROM turns GROUP BY step
),
backs AS (
  SELECT c.flow || (event ->> 'step') AS step, count(*) AS returns
  FROM workflows_act a JOIN chosen c ON c.id = a.matter_id CROSS JOIN LATERAL jsonb_array_elements(a.events) AS event
  WHERE event ->> 'kind' = 'returned' GROUP BY 1
)
SELECT stays.*, COALESCE(backs.returns, 0), waits.waiting_share
FROM stays LEFT JOIN backs USING (step) LEFT JOIN waits USING (step) ORDER BY step
"""
# One line for each ended matter: what was signed, refused and sent back, in order, and how it ended. Several signatures of
# one visit are one station.
WALKED = """,
stations AS (
  SELECT a.matter_id, a.number, e.place, jsonb_build_array(
    CASE e.event ->> 'kind' WHEN 'signed_already' THEN 'signed' ELSE e.event ->> 'kind' END,
    c.flow || (e.event ->> 'step'), COALESCE(c.flow || NULLIF(e.event #>> '{{detail,to}}', ''), '')) AS station
  FROM workflows_act a JOIN chosen c ON c.id = a.matter_id
  CROSS JOIN LATERAL jsonb_array_elements(a.events) WITH ORDINALITY AS e (event, place)
  WHERE c.state NOT IN ('running', 'returned')
    AND e.event ->> 'kind' IN ('signed', 'signed_already', 'refused', 'returned', 'stuck')
),
fresh AS (
  SELECT *, lag(station) OVER (PARTITION BY matter_id ORDER BY number, place) AS former FROM stations
),
ways AS (
  SELECT matter_id, jsonb_agg(station ORDER BY number, place) AS way FROM fresh
  WHERE station IS DISTINCT FROM former GROUP BY matter_id
),
walked AS (
  SELECT c.id, c.hours,
    (COALESCE(w.way, '[]') || jsonb_build_array(jsonb_build_array('ended', c.state, '')))::text AS way
  FROM chosen c LEFT JOIN ways w ON w.matter_id = c.id WHERE c.state NOT IN ('running', 'returned')
)"""
BY_PATH = f"""{WALKED}
SELECT md5(way), way, count(*), (count(*) / sum(count(*)) OVER ())::float8,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY hours), sum(count(*)) OVER (), count(*) OVER ()
FROM walked GROUP BY way ORDER BY count(*) DESC, way LIMIT {SHOWN_PATHS}
"""
OF_PATH = f"{WALKED} SELECT id FROM walked WHERE md5(way) = %s"
