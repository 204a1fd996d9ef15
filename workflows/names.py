"""The names of what steps and triggers mention by id, for saying them in words."""

from contacts.models import Business, Status
from workflows.models import Workflow


def of(business: Business) -> dict[str, str]:
    """Names of workflows by id, and of statuses by `status:` and id."""
    names = {str(pk): name for pk, name in Workflow.objects.of(business).values_list("pk", "name")}
    statuses = Status.objects.of(business).values_list("pk", "name", "pipeline__name")
    return names | {f"status:{pk}": f"“{name}” ({pipeline})" for pk, name, pipeline in statuses}
