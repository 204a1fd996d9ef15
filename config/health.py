"""Is this process alive, and can Heed do its work?"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from config.celery import app
from config.tasks import SEEN

PATIENCE = 2.5
SCHEDULER_MAY_BE_SILENT = 10.0
askers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")


class HealthMiddleware:
    """First in the list, so that a probe needs no allowed host, no HTTPS and no session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return healthz(request)
        if request.path_info == "/readyz":
            return readyz(request)
        return self.get_response(request)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 if everything answers, else 503; each part by name, with what is wrong with it."""
    asked = {name: askers.submit(question) for name, question in QUESTIONS.items()}
    deadline = time.monotonic() + PATIENCE
    parts = {}
    for name, future in asked.items():
        try:
            parts[name] = future.result(timeout=max(0.0, deadline - time.monotonic()))
        except TookTooLong:
            parts[name] = "does not answer"
    ready = all(answer == "ok" for answer in parts.values())
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok"
    except Exception as error:
        return _why(error)
    finally:
        connection.close()


def _broker() -> str:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
        return "ok"
    except Exception as error:
        return _why(error)


def _workers() -> str:
    """Each of the queues needs somebody who listens; a ping alone would be answered by any one worker."""
    try:
        answers = app.control.inspect(timeout=0.8).active_queues() or {}
    except Exception as error:
        return _why(error)
    heard = {queue["name"] for queues in answers.values() for queue in queues}
    missing = sorted(QUEUES - heard)
    return f"nobody works on {', '.join(missing)}" if missing else "ok"


def _scheduler() -> str:
    seen = cache.get(SEEN)
    if seen is None or time.time() - seen > SCHEDULER_MAY_BE_SILENT:
        return "has not been heard of"
    return "ok"


def _why(error: Exception) -> str:
    """The kind of error only: its text may name hosts, and this page is public."""
    return f"does not answer ({type(error).__name__})"


QUEUES = {"events", "engine", "delivery", "bulk"}
QUESTIONS = {"database": _database, "broker": _broker, "workers": _workers, "scheduler": _scheduler}
