"""Every write of `workflows` that people and programs ask for. Call as `workflows.publish(...)` after
`from workflows import services as workflows`."""

from workflows.services.advice import lint
from workflows.services.checking import validate
from workflows.services.editing import create, delete, update
from workflows.services.enrollments import enroll, remove
from workflows.services.forecast import Forecast, StepForecast, preview
from workflows.services.publishing import is_published, publish, published_version, refusal, unpublish

__all__ = [
    "Forecast",
    "StepForecast",
    "create",
    "delete",
    "enroll",
    "is_published",
    "lint",
    "preview",
    "publish",
    "published_version",
    "refusal",
    "remove",
    "unpublish",
    "update",
    "validate",
]
