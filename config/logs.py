"""Logs: one JSON object a line on standard error, and no personal data in any of them."""

import re
from collections.abc import Mapping
from typing import Any

import structlog

EMAIL = re.compile(r"[\w.+%-]{1,64}(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
PHONE = re.compile(
    r"(?:(?<!\w)\+|%2B)\d(?:[ ().-]{0,2}\d){6,14}"  # as stored: +14155550100
    r"|(?<![\w.+-])\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"  # as dialled: (415) 555-0100
    r"|(?<![\w.+-])\d{10,15}(?![\w-]|\.\d)"  # bare digits
)
TOKEN = re.compile(r"(/[up]/)[\w:.=-]+")
QUERY = re.compile(r"(\S*/\S*)\?\S+")
OWN_FIELDS = {"timestamp", "level", "logger", "request_id", "task_id"}


def redacted(text: str) -> str:
    text = TOKEN.sub(r"\1[token]", QUERY.sub(r"\1?[query]", text))
    return PHONE.sub("[phone]", EMAIL.sub("[email]", text))


def redact(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """The last processor before the line is written: tracebacks and arguments have become text by then."""
    return {name: value if name in OWN_FIELDS else _clean(value) for name, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {name: _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_clean(part) for part in value]
    return value if isinstance(value, int | float | None) else redacted(str(value))


def settings() -> dict[str, Any]:
    """Django's LOGGING; structlog's own loggers and everybody else's end in the same line."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {"()": structlog.stdlib.ProcessorFormatter, "processors": last, "foreign_pre_chain": shared}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            "django_structlog": {"level": "WARNING"},
            # Each tick of each second would be two lines.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # Without a broker, eight tracebacks a second; /readyz says it in a word.
            "celery.beat": {"level": "CRITICAL"},
        },
    }
