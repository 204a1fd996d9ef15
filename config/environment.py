"""What the environment may say, read so that every mistake in it is told at once, a sentence each."""

import os
import sys
from typing import Any, NoReturn
from urllib.parse import urlsplit

import dj_email_url
import environs
from django.conf import settings

NAMES = (
    "PORT",
    "HEED_HOME",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "DEBUG",
    "HEED_DEMO",
    "HEED_ALLOW_PRIVATE_NETWORKS",
    "HEED_BASE_URL",
    "HEED_TWILIO_API_BASE",
    "HEED_TWILIO_VALIDITY",
    "EMAIL_URL",
)
CONFIDENTIAL = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "EMAIL_URL"}


def forget_empty() -> None:
    """`PORT=` in an env file or a compose file means the same as no PORT at all."""
    for name in NAMES:
        if not os.environ.get(name, "set").strip():
            del os.environ[name]


def port(value: int) -> None:
    if not 1 <= value <= 65535:
        raise environs.ValidationError("must be a port from 1 to 65535.")


def twilio_validity(value: int) -> None:
    if not 1 <= value <= 36_000:
        raise environs.ValidationError("must be a number of seconds from 1 to 36000.")


def web_address(value: str) -> None:
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise environs.ValidationError("must be an address that starts with http:// or https://.")


def redis_address(value: str) -> None:
    parts = _split(value)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise environs.ValidationError("must be an address like redis://host:6379/0.")


def postgresql_address(value: str) -> None:
    if _split(value).scheme not in {"postgres", "postgresql"}:
        raise environs.ValidationError("must be an address like postgresql://user:password@host:5432/name.")


def email_address(value: str) -> None:
    if _split(value).scheme not in dj_email_url.SCHEMES:
        raise environs.ValidationError("must be an address like smtp://user:password@host:587.")


def _split(value: str) -> Any:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise environs.ValidationError("is not an address.") from error
    return parts


def report(env: environs.Env) -> None:
    """End the process if anything was wrong: nobody who misspelt a variable wants to read a traceback."""
    try:
        env.seal()
    except environs.EnvValidationError as error:
        give_up("\n".join(_sentence(name, messages) for name, messages in _by_name(error)))


def need_servers() -> None:
    """For what serves and works: better no start than one that fails with the first request."""
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not getattr(settings, name)]
    if missing:
        give_up(f"Set {' and '.join(missing)}, or start everything with `make run`.")


def give_up(sentences: str) -> NoReturn:
    """3 is what gunicorn takes for `do not start this worker again`; to everybody else it is a failure like others."""
    sys.stderr.write(f"{sentences}\n")
    sys.exit(3)


def _by_name(error: environs.EnvValidationError) -> list[tuple[str, list[str]]]:
    messages = error.error_messages
    return list(messages.items()) if isinstance(messages, dict) else [("The environment", list(messages))]


def _sentence(name: str, messages: list[str]) -> str:
    value = "" if name in CONFIDENTIAL else f" is {os.environ.get(name)!r} and"
    text = " ".join(messages)
    said = f"{name}{value} {text[:1].lower()}{text[1:]}"
    return said.replace("not a valid boolean.", "must be yes or no: write 1 or 0.").replace(
        "not a valid", "must be a valid"
    )
