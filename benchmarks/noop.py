"""The reference for the engine: a task that does nothing."""

from celery import shared_task


@shared_task(ignore_result=True)
def noop(number: int) -> None:
    """Take a number and leave."""
