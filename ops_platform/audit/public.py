"""The door of the audit app."""

from ops_platform.audit.chain import record
from ops_platform.audit.registry import action_title, register_actions, register_check, register_institution_names

__all__ = ["action_title", "record", "register_actions", "register_check", "register_institution_names"]
