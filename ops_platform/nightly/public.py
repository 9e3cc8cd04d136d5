"""The door of the nightly run: how an app contributes a step."""

from ops_platform.nightly.graph import Step, StepContext, StepResult, StepScope, register_step

__all__ = ["Step", "StepContext", "StepResult", "StepScope", "register_step"]
