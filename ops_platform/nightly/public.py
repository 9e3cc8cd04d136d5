"""The door of the nightly run: how an app contributes a step, or a column of the month-end board."""

from ops_platform.nightly.board import BoardColumn, Mark, register_column
from ops_platform.nightly.graph import Step, StepContext, StepResult, StepScope, register_step

__all__ = ["BoardColumn", "Mark", "Step", "StepContext", "StepResult", "StepScope", "register_column", "register_step"]
