"""Who may open what: the expectation, written apart from the views. A URL without a row here fails the tests.

Each row: name of the URL → the roles that may open it. PUBLIC: everybody. KNOWN: whoever is signed in.
"""

from ops_platform.kernel import Role

PUBLIC = "public"
KNOWN = frozenset(role for role in Role if role is not Role.HIS_CLIENT)


def roles(text: str) -> frozenset[Role]:
    """Short names to roles."""
    return frozenset(SHORT[name] for name in text.split())


SHORT = {
    "fin": Role.FINANCE_OFFICER,
    "rev": Role.ACCOUNTING_REVIEWER,
    "dir": Role.FINANCE_DIRECTOR,
    "dep": Role.DEPARTMENT_HEAD,
    "head": Role.INSTITUTION_HEAD,
    "oc": Role.OPERATION_CENTRE,
    "lead": Role.LEADERSHIP,
    "ins": Role.INSURANCE_OFFICER,
    "aud": Role.AUDITOR,
    "sup": Role.REGIONAL_SUPERVISOR,
    "adm": Role.SYSTEM_ADMIN,
}

ADMIN = roles("adm")
ADMIN_READERS = roles("adm aud")
BUSINESS = roles("fin rev dir head oc lead aud")
CLOSERS = roles("dir oc")
INTAKE_READERS = roles("fin dir head oc aud rev")
UPLOADERS = roles("fin dir head oc")
NIGHTLY_READERS = roles("oc dir fin rev head aud adm")
FLOW_READERS = roles("adm oc aud lead")
FLOW_MAKERS = roles("adm oc")

PROCESS_READERS = roles("aud oc lead head dir fin dep")
PROCESS_EDITORS = roles("oc head dir")

MATRIX: dict[str, frozenset[Role] | str] = {
    "home": KNOWN,
    "comparison": BUSINESS | roles("ins sup"),
    "department": BUSINESS | roles("dep"),
    "sign-in": PUBLIC,
    "sign-out": PUBLIC,
    "my-account": KNOWN,
    "password-change": KNOWN,
    "mail-settings": KNOWN,
    "identity:users": ADMIN_READERS,
    "identity:new-user": ADMIN,
    "identity:user": ADMIN_READERS,
    "identity:deactivate-user": ADMIN,
    "identity:propose-role": ADMIN,
    "identity:proposals": ADMIN_READERS,
    "identity:revoke-role": ADMIN,
    "identity:api-keys": ADMIN_READERS,
    "identity:new-api-key": ADMIN,
    "identity:revoke-api-key": ADMIN,
    "identity:access-log": ADMIN_READERS,
    "workflows:to-do": KNOWN,
    "workflows:done": KNOWN,
    "workflows:started": KNOWN,
    "workflows:copied": KNOWN,
    "workflows:batch": KNOWN,
    "workflows:all": roles("aud oc lead head dir"),
    "workflows:matter": KNOWN,
    "workflows:sign": KNOWN,
    "workflows:pass-on": KNOWN,
    "workflows:say": KNOWN - roles("aud sup"),
    "workflows:resubmit": KNOWN,
    "workflows:withdraw": KNOWN,
    "workflows:urge": KNOWN,
    "workflows:of-subject": KNOWN,
    "workflows:new-request": KNOWN - roles("aud sup adm"),
    "workflows:change-request": KNOWN - roles("aud sup adm"),
    "workflows:delegations": KNOWN - roles("aud sup"),
    "workflows:new-delegation": KNOWN - roles("aud sup"),
    "workflows:revoke-delegation": KNOWN - roles("aud sup"),
    "workflows:flows": FLOW_READERS,
    "workflows:new-flow": FLOW_MAKERS,
    "workflows:flow": FLOW_READERS,
    "workflows:flow-version": FLOW_READERS,
    "workflows:flow-dry-run": FLOW_READERS,
    "workflows:flow-draft": FLOW_READERS,
    "workflows:submit-flow-draft": FLOW_MAKERS,
    "workflows:discard-flow-draft": FLOW_MAKERS,
    "workflows:arrange-flow-steps": FLOW_MAKERS,
    "workflows:new-flow-step": FLOW_MAKERS,
    "workflows:flow-step": FLOW_MAKERS,
    "workflows:processes": PROCESS_READERS,
    "workflows:new-process": PROCESS_EDITORS,
    "workflows:process": PROCESS_READERS,
    "workflows:change-process": PROCESS_EDITORS,
    "workflows:new-process-point": PROCESS_EDITORS,
    "workflows:process-point": PROCESS_EDITORS,
    "workflows:drop-process-point": PROCESS_EDITORS,
    "workflows:process-state": PROCESS_EDITORS,
    "workflows:cases": KNOWN,
    "workflows:new-case": PROCESS_EDITORS,
    "workflows:case": KNOWN,
    "workflows:change-case": PROCESS_EDITORS,
    "workflows:measures": PROCESS_READERS,
    "workflows:measure": PROCESS_READERS,
    "workflows:measured-matters": roles("aud oc lead head dir"),
    "api-requests": KNOWN - roles("aud sup adm"),
    "api-matters": KNOWN,
    "api-matter": KNOWN,
    "api-matter-acts": KNOWN,
    "api-tasks": KNOWN,
    "messages": KNOWN,
    "messages-read-all": KNOWN,
    "message-open": KNOWN,
    "document": KNOWN,
    "webhooks": ADMIN_READERS,
    "new-webhook": ADMIN,
    "rotate-webhook-secret": ADMIN,
    "test-webhook": ADMIN,
    "deactivate-webhook": ADMIN,
    "deliveries": ADMIN_READERS,
    "retry-delivery": ADMIN,
    "nightly-remind": CLOSERS,
    "nightly-reminders": NIGHTLY_READERS - ADMIN,
    "nightly-answer-reminder": roles("fin dir head"),
    "masterdata:institutions": KNOWN,
    "masterdata:institution": KNOWN,
    "masterdata:periods": BUSINESS,
    "masterdata:period": BUSINESS,
    "masterdata:begin-closing": CLOSERS | roles("fin"),
    "masterdata:stop-closing": CLOSERS | roles("fin"),
    "masterdata:close-period": CLOSERS,
    "masterdata:code-sets": KNOWN,
    "masterdata:code-set": KNOWN,
    "masterdata:parameters": BUSINESS | roles("ins"),
    "masterdata:parameter": BUSINESS | roles("ins"),
    "masterdata:new-parameter-value": CLOSERS,
    "his_intake:overview": INTAKE_READERS,
    "his_intake:institution": INTAKE_READERS,
    "his_intake:upload-choice": UPLOADERS,
    "his_intake:upload": UPLOADERS,
    "his_intake:template": INTAKE_READERS,
    "his_intake:batches": INTAKE_READERS,
    "his_intake:batch": INTAKE_READERS,
    "his_intake:receipt": INTAKE_READERS,
    "his_intake:faulty-workbook": INTAKE_READERS,
    "his_intake:quarantine": INTAKE_READERS,
    "his_intake:quarantine-workbook": INTAKE_READERS,
    "his_intake:resubmit": UPLOADERS,
    "his_intake:discard": UPLOADERS,
    "his_intake:quarantined-row": INTAKE_READERS,
    "his_intake:quality": INTAKE_READERS,
    "nightly-runs": NIGHTLY_READERS,
    "nightly-start": CLOSERS,
    "nightly-run": NIGHTLY_READERS,
    "nightly-run-progress": NIGHTLY_READERS,
    "nightly-resume": CLOSERS,
    "nightly-lane": NIGHTLY_READERS,
    "nightly-lane-steps": NIGHTLY_READERS,
    "nightly-board": NIGHTLY_READERS - ADMIN,
    "nightly-close-months": CLOSERS,
    "nightly-blockers": NIGHTLY_READERS - ADMIN,
    **dict.fromkeys(("ledger:statements", "ledger:day-sheet", "ledger:fiscal-report"), roles("dir oc lead aud")),
    **{
        f"ledger:{name}": roles("oc lead aud")
        for name in (
            "consolidation",
            "consolidation-members",
            "consolidation-run",
            "consolidated-report",
            "worksheet",
            "pairs",
            "eliminations",
            "elimination",
            "consolidated-account",
            "consolidated-statement",
            "consolidated-line",
        )
    },
    **{
        f"ledger:{name}": roles("oc")
        for name in (
            "consolidate",
            "new-consolidation-member",
            "end-consolidation-member",
            "consolidate-everybody",
            "new-elimination",
            "explain-pair",
            "finalise-consolidation",
        )
    },
    "costing:direct-costs": BUSINESS,
    "costing:full-costs": BUSINESS,
    "costing:runs": BUSINESS,
    "costing:run": BUSINESS,
    "costing:compare": BUSINESS,
    "costing:cost-entries": BUSINESS | roles("dep"),
    "costing:income-entries": BUSINESS | roles("dep"),
    "costing:charge-lines": BUSINESS | roles("dep"),
    "costing:flows": BUSINESS | roles("dep"),
    "costing:driver-rules": BUSINESS,
    "costing:new-driver-rule": CLOSERS,
    "insurance_settlement:month": BUSINESS | roles("ins"),
    "insurance_settlement:cases": BUSINESS | roles("ins dep"),
    "insurance_settlement:case": BUSINESS | roles("ins dep"),
    "insurance_settlement:encounter": BUSINESS | roles("ins dep"),
    "insurance_settlement:rules": BUSINESS | roles("ins"),
    "insurance_settlement:scheme": BUSINESS | roles("ins"),
    "insurance_settlement:import-scheme": roles("ins oc"),
    "insurance_settlement:import-price-book": roles("ins oc"),
    "audit:events": roles("aud dir head adm"),
    "audit:event": roles("aud dir head adm"),
    "intake-batches": INTAKE_READERS,
    "intake-batch": INTAKE_READERS,
    "intake-unknown": UPLOADERS,
    "api-nightly-runs": NIGHTLY_READERS,
    "api-nightly-run": NIGHTLY_READERS,
    "costing-runs": BUSINESS,
    "costing-department-months": BUSINESS,
    "costing-department-costs": BUSINESS,
    "costing-allocation-flows": BUSINESS,
    "settlement-runs": BUSINESS | roles("ins"),
    "settlement-cases": BUSINESS | roles("ins dep"),
    "api-schema": PUBLIC,
    "api-docs": PUBLIC,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "unknown-api": PUBLIC,
    **{
        f"intake-{dataset}": UPLOADERS
        for dataset in (
            "departments",
            "charge-items",
            "staff-headcounts",
            "floor-areas",
            "workloads",
            "cost-entries",
            "income-entries",
            "encounters",
            "charge-lines",
            "discharge-abstracts",
        )
    },
}

ALLIANCE_WIDE = frozenset(
    {Role.OPERATION_CENTRE, Role.LEADERSHIP, Role.AUDITOR, Role.REGIONAL_SUPERVISOR, Role.SYSTEM_ADMIN}
)
