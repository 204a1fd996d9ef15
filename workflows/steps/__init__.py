"""What each kind of step does, by its name. Importing the modules fills the registry."""

from workflows.steps import control, enrolling, messages, telling, wishes
from workflows.steps import tags as tagging
from workflows.steps.registry import KINDS

__all__ = ["KINDS", "control", "enrolling", "messages", "tagging", "telling", "wishes"]
