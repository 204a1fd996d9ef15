"""The ways of an erased person through workflows: which steps they took. Not what was said on the way."""

from contacts.keeping import Erasing
from workflows.models import ActionRun, Enrollment, StepRun


def erase(erasing: Erasing) -> None:
    """What still runs ends as it does for any contact who is deleted."""
    StepRun.objects.filter(enrollment__contact__in=erasing.contacts).update(detail="")
    Enrollment.objects.filter(contact__in=erasing.contacts).update(context={}, exit_detail="")
    ActionRun.objects.filter(contact__in=erasing.contacts).update(results=[])
