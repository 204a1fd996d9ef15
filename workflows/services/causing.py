"""What stands behind a change that an enrollment brought about after its step had run."""

from collections.abc import Collection, Mapping

from contacts.actors import Cause
from workflows.models import Enrollment


def causes(enrollments: Collection[int]) -> Mapping[int, Cause]:
    """As if the step itself had caused it: the workflow, and one more workflow behind it than behind the enrollment."""
    found = Enrollment.objects.filter(pk__in=enrollments).values_list("pk", "workflow_id", "depth")
    return {pk: Cause(workflow, pk, depth + 1) for pk, workflow, depth in found}
