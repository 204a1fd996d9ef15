"""An action run on many contacts, as a job: each once, those who refuse told with the reason."""

from typing import cast

from django.db.models import QuerySet

from contacts.models import Contact, Job
from contacts.services import jobs
from contacts.services.errors import Conflict, RoleRequired
from contacts.services.jobs import JobFailed, Progress, Refusal
from contacts.words import Role
from dnd import audience
from dnd.audience import Wanted
from workflows.models import StatusAction
from workflows.services import actions

KIND = "status_action"
BATCH = 100


class RunAction:
    """`params`: `action`, and either `contacts` or `filter`. Only contacts in the action's status are looked at."""

    least_role = Role.STAFF.value

    def total(self, job: Job) -> int:
        return self._contacts(job).count()

    def batch(self, job: Job) -> Progress:
        after = job.cursor.get("after", 0)
        ids = list(
            self._contacts(job).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        if not ids:
            return Progress(cursor=None)
        try:
            answers = actions.run_many(action=self._action(job), contacts=ids, by=jobs.actor_of(job))
        except (Conflict, RoleRequired) as refused:
            raise JobFailed(str(refused)) from refused
        refusals = [
            Refusal(code=one.refused.code, detail=one.refused.why, contact=one.contact_id)
            for one in answers
            if one.refused
        ]
        changed = sum(one.changed for one in answers)
        return Progress(
            cursor={"after": ids[-1]},
            done=len(ids),
            changed=changed,
            unchanged=len(answers) - changed - len(refusals),
            refusals=refusals,
        )

    def _action(self, job: Job) -> StatusAction:
        found = StatusAction.objects.of(job.business).select_related("status__pipeline__business")
        action = found.filter(pk=job.params["action"]).first()
        if action is None:
            raise JobFailed("The action was deleted meanwhile.")
        return action

    def _contacts(self, job: Job) -> QuerySet[Contact]:
        """Whoever the action has moved already is in its status no more, and so is not met twice."""
        return matching(self._action(job), job.params)


def matching(action: StatusAction, params: dict[str, object]) -> QuerySet[Contact]:
    """The contacts in the action's status that the list's filters, or a selection, leave."""
    business = action.status.pipeline.business
    chosen: QuerySet[Contact]
    if "contacts" in params:
        chosen = Contact.objects.of(business).filter(pk__in=cast("list[int]", params["contacts"]))
    else:
        chosen = audience.matching(business, cast("Wanted", params.get("filter", {})))
    return chosen.filter(status=action.status_id)
