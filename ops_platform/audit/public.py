"""The door of the audit app."""

from ops_platform.audit.chain import record
from ops_platform.audit.registry import action_title, register_actions, register_check, register_institution_names
from ops_platform.audit.selectors import event_about

__all__ = [
    "action_title",
    "event_about",
    "record",
    "register_actions",
    "register_check",
    "register_institution_names",
]
