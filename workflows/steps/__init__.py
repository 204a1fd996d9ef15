"""What each kind of step does, by its name. Importing the modules fills the registry."""

from workflows.steps import control, enrolling, messages, statuses, telling, wishes
from workflows.steps import tags as tagging
from workflows.steps.registry import KINDS

__all__ = ["KINDS", "control", "enrolling", "messages", "statuses", "tagging", "telling", "wishes"]
