"""Rings: each looks in the tables for what is due, so a lost or doubled call does no harm."""

from celery import shared_task

from contacts.services import jobs


@shared_task(ignore_result=True)
def run_jobs() -> None:
    """Go on with long work."""
    jobs.run_due()


@shared_task(ignore_result=True)
def empty_jobs() -> None:
    """Remove the files of jobs that ended long ago."""
    jobs.drop_old()
