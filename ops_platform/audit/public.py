"""The door of the audit app."""

from ops_platform.audit.chain import record
from ops_platform.audit.registry import action_title, register_actions, register_check, register_institution_names
from ops_platform.audit.selectors import event_about, last_deeds

__all__ = [
    "action_title",
    "event_about",
    "last_deeds",
    "record",
    "register_actions",
    "register_check",
    "register_institution_names",
]
