"""Steps that bring contacts into workflows and take them out."""

from collections.abc import Iterable, Mapping

from workflows import entering, leaving, versions
from workflows.engine.batch import DONE, Batch, Ran, Results, Row
from workflows.entering import Want
from workflows.leaving import Leave
from workflows.models import Enrollment, Firing, Outcome
from workflows.steps.registry import Kind, step

NOT_PUBLISHED = Ran(Outcome.FAILED.value, "not_published", "The workflow is not published.")
BECAME: Mapping[str, Ran] = {
    Firing.Outcome.ENROLLED: DONE,
    Firing.Outcome.ALREADY_ACTIVE: Ran(
        reason="already_active", detail="The contact is in this workflow already."
    ),
    Firing.Outcome.REENTRY_OFF: Ran(
        reason="reentry_off", detail="The contact was in this workflow before, and re-entry is off."
    ),
    Firing.Outcome.DEPTH: Ran(Outcome.FAILED.value, "depth", "Ten workflows in a row stand behind this."),
}


@step("add_to_workflow")
class AddToWorkflow(Kind):
    """Enrolls contacts in the version that is published now. One that may not enter is no fault: the step is done."""

    looks_around = True

    def run(self, batch: Batch) -> Results:
        published = versions.published({int(row.config["workflow"]) for row in batch})
        results: Results = {}
        wants: list[tuple[Row, Want]] = []
        for row in batch:
            version = published.get(int(row.config["workflow"]))
            if version is None:
                results[row.id] = NOT_PUBLISHED
            else:
                wants.append((row, Want(row.contact, version, f"Workflow: {row.name}", row.depth + 1)))
        answers = entering.admit([want for _, want in wants], at=batch.at)
        for (row, _), answer in zip(wants, answers, strict=True):
            results[row.id] = BECAME[answer.outcome]
        return results


@step("remove_from_workflow")
class RemoveFromWorkflow(Kind):
    """Ends running enrollments of the contact, its own among them where it says so."""

    looks_around = True

    def run(self, batch: Batch) -> Results:
        running: dict[int, list[tuple[int, int]]] = {}
        for enrollment, contact, workflow, _ in leaving.running_of(batch.contacts):
            running.setdefault(contact, []).append((enrollment, workflow))
        results: Results = {}
        leaves: dict[int, Leave] = {}
        for row in batch:
            if row.id in leaves:
                continue
            results[row.id] = DONE
            for enrollment in self._named(row, running.get(row.contact, ())):
                own = enrollment == row.id
                exit_ = Enrollment.Exit.WORKFLOW if own else Enrollment.Exit.EXTERNAL
                leaves.setdefault(enrollment, Leave(enrollment, exit_, f"Workflow: {row.name}"))
        batch.ended |= leaving.leave(list(leaves.values()), at=batch.at)
        return results

    def _named(self, row: Row, running: Iterable[tuple[int, int]]) -> list[int]:
        """The enrollments that this row's step ends."""
        match row.config["which"]:
            case "current":
                return [row.id]
            case "another":
                return [pk for pk, workflow in running if workflow == int(row.config["workflow"])]
            case "all_except_current":
                return [pk for pk, _ in running if pk != row.id]
            case _:
                return [pk for pk, _ in running]
