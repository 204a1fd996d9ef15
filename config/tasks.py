"""The scheduler's sign of life."""

import time

from celery import shared_task
from django.core.cache import cache

SEEN = "scheduler-seen"


@shared_task(ignore_result=True)
def beat_seen() -> None:
    """Only the scheduler sends this, so that it ran says that the scheduler does."""
    cache.set(SEEN, time.time(), timeout=60)
