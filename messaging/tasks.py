"""Rings: each looks in the tables for what is due, so a lost or doubled call does no harm."""

from celery import shared_task

from contacts.ring import ring
from messaging import auditing, delivery
from messaging.broadcasting import queueing
from messaging.feedback import working as feedback
from messaging.inbound import reconciling, storing, times, working


@shared_task(ignore_result=True)
def deliver_lane(lane: str) -> None:
    """Send what is due in this lane."""
    delivery.deliver(lane)


@shared_task(ignore_result=True)
def queue_broadcasts() -> None:
    """Decide on who is next in broadcasts."""
    queueing.queue_due()


@shared_task(ignore_result=True)
def work_inbound() -> None:
    """Work on what providers told us, and let the times be asked for that this needs."""
    working.work_due()
    if times.are_due():
        ring(ask_times)


@shared_task(ignore_result=True)
def work_feedback() -> None:
    """Work on what email providers reported."""
    feedback.work_due()


@shared_task(ignore_result=True)
def empty_feedback() -> None:
    """Remove the text of what was worked on long ago."""
    feedback.empty_old()


@shared_task(ignore_result=True)
def ask_times() -> None:
    """Ask providers when something was said; an opt-in waits for it."""
    times.ask_due()


@shared_task(ignore_result=True)
def empty_inbound() -> None:
    """Keep what people wrote no longer than it takes to look into a fault."""
    storing.empty_old()


@shared_task(ignore_result=True)
def reconcile() -> None:
    """Look for texts whose webhook was lost."""
    reconciling.reconcile()


@shared_task(ignore_result=True)
def reap() -> None:
    """Find the calls whose worker was lost, and ask providers what became of them."""
    delivery.reap()
    delivery.inquire()


@shared_task(ignore_result=True)
def audit() -> None:
    """Hold every call against the ledger, and keep what was found for the start page."""
    auditing.run()
