"""Steps that tell the business's own people. DND does not matter to them."""

from datetime import timedelta

from contacts.services import work
from workflows.engine.batch import DONE, Batch, Ran, Results
from workflows.models import Outcome
from workflows.steps import texts
from workflows.steps.registry import Kind, step

NOBODY = Ran(Outcome.FAILED.value, "no_audience", "There is no such role, team or user any more.")


@step("internal_notification")
class InternalNotification(Kind):
    """Tells whoever is in the audience when it is read."""

    def run(self, batch: Batch) -> Results:
        audiences = {to: work.audience_of(batch.business, to) for to in {row.config["to"] for row in batch}}
        rendered, results = texts.render(batch, ["message"])
        told = []
        for row, (message,) in rendered:
            audience = audiences[row.config["to"]]
            results[row.id] = DONE if audience else NOBODY
            if audience:
                told.append((audience, message, row.contact))
        work.notify(batch.business, told)
        return results


@step("create_task")
class CreateTask(Kind):
    def run(self, batch: Batch) -> Results:
        rendered, results = texts.render(batch, ["title"])
        tasks = []
        for row, (title,) in rendered:
            due_in = row.config.get("due_in")
            due = batch.at + timedelta(seconds=due_in) if due_in is not None else None
            tasks.append((row.contact, title, due, row.name))
            results[row.id] = DONE
        work.create_tasks(batch.business, tasks)
        return results
