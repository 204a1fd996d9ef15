"""The names of what steps and triggers mention by id, for saying them in words."""

from contacts.models import Business, Status, User
from workflows.models import Workflow


def of(business: Business) -> dict[str, str]:
    """Names of workflows by id, of statuses by `status:` and id, and of people by `user:` and email."""
    names = {str(pk): name for pk, name in Workflow.objects.of(business).values_list("pk", "name")}
    statuses = Status.objects.of(business).values_list("pk", "name", "pipeline__name")
    names |= {f"status:{pk}": f"“{name}” ({pipeline})" for pk, name, pipeline in statuses}
    people = User.objects.filter(memberships__business=business)
    return names | {f"user:{person.email}".lower(): str(person) for person in people}
