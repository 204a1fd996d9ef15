"""Rings: each looks in the tables for what is due, so a lost or doubled call does no harm."""

from celery import shared_task

from dnd import services


@shared_task(ignore_result=True)
def tick() -> None:
    """End what is over, screen new addresses, stamp what waited for a call, count what the list stopped."""
    services.end_due()
    services.end_preferences()
    while services.screen_new_addresses():
        pass
    services.stamp_waiting()
    services.count_hits()
