"""The ways of two contacts through workflows, when they are one person."""

from contacts.keeping import Merging
from workflows import leaving
from workflows.leaving import Leave
from workflows.models import ActionRun, Enrollment


def merge(merging: Merging) -> None:
    """What runs for the loser goes on for the winner; where the same workflow runs for both, the loser's ends.

    What has ended moves too, so that who was in a workflow that admits nobody twice is not admitted again.
    """
    running = Enrollment.objects.running()
    both = running.filter(contact=merging.winner).values("workflow")
    doubled = running.filter(contact=merging.loser, workflow__in=both).values_list("pk", flat=True)
    detail = f"Merged into contact {merging.winner}, who is in it already."
    leaves = [Leave(pk, Enrollment.Exit.MERGED, detail) for pk in doubled]
    leaving.leave(leaves, at=merging.at)
    for model in (Enrollment, ActionRun):
        model.objects.filter(contact=merging.loser).update(contact=merging.winner)
