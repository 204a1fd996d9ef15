from workflows.models.actions import CATEGORIES, ActionRun, ActionTemplate, StatusAction
from workflows.models.definitions import Version, VersionQuerySet, Workflow, WorkflowQuerySet
from workflows.models.enrollments import (
    RUNNING,
    Enrollment,
    EnrollmentQuerySet,
    EnrollmentState,
    Outcome,
    StepRun,
)
from workflows.models.firings import Firing, Setback

__all__ = [
    "CATEGORIES",
    "RUNNING",
    "ActionRun",
    "ActionTemplate",
    "Enrollment",
    "EnrollmentQuerySet",
    "EnrollmentState",
    "Firing",
    "Outcome",
    "Setback",
    "StatusAction",
    "StepRun",
    "Version",
    "VersionQuerySet",
    "Workflow",
    "WorkflowQuerySet",
]
