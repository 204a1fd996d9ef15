"""The project: settings, URLs, Celery, the supervisor, and what shows several apps at once."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
