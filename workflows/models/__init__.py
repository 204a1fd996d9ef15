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
    "RUNNING",
    "Enrollment",
    "EnrollmentQuerySet",
    "EnrollmentState",
    "Firing",
    "Outcome",
    "Setback",
    "StepRun",
    "Version",
    "VersionQuerySet",
    "Workflow",
    "WorkflowQuerySet",
]
