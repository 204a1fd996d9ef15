"""Rings: each looks in the tables for what is due, so a lost or doubled call does no harm."""

from celery import shared_task

from messaging import auditing, delivery


@shared_task(ignore_result=True)
def deliver_lane(lane: str) -> None:
    """Send what is due in this lane."""
    delivery.deliver(lane)


@shared_task(ignore_result=True)
def reap() -> None:
    """Find the calls whose worker was lost, and ask providers what became of them."""
    delivery.reap()
    delivery.inquire()


@shared_task(ignore_result=True)
def audit() -> None:
    """Hold every call against the ledger, and keep what was found for the start page."""
    auditing.run()
