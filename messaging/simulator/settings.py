"""What can be changed while it runs: delays, callbacks, and failures to order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

from messaging.simulator.magic import Refusal
from messaging.simulator.records import Json

MAX_DELAY = 300.0


class SettingError(ValueError):
    """A setting that does not exist, or a value that it cannot take."""


@dataclass
class HttpFailure:
    """The next `times` texts and calls are answered with `status`; kept only with `accept`."""

    status: int
    times: int
    code: int
    accept: bool

    @property
    def refusal(self) -> Refusal:
        return Refusal(self.status, self.code, "A failure made to order")


@dataclass
class SmtpFailure:
    """The next `times` recipients are refused with `status`."""

    status: int
    times: int


@dataclass
class Settings:
    callbacks: bool = True
    callback_delay: float = 0.2
    sms_delay: float = 0.0
    email_delay: float = 0.0
    fail_next: HttpFailure | None = None
    smtp_fail_next: SmtpFailure | None = None

    def update(self, payload: object) -> None:
        """All of it or, when one value is wrong, nothing."""
        if not isinstance(payload, dict):
            raise SettingError("Settings are a JSON object.")
        for name in payload:
            if name not in READERS:
                raise SettingError(f"{name}: no such setting; there are {', '.join(READERS)}.")
        values = {name: READERS[name](name, value) for name, value in payload.items()}
        for name, value in values.items():
            setattr(self, name, value)

    def as_json(self) -> Json:
        return asdict(self)

    def take_http_failure(self) -> HttpFailure | None:
        failure = self.fail_next
        if failure is not None:
            failure.times -= 1
            self.fail_next = failure if failure.times > 0 else None
        return failure

    def take_smtp_failure(self) -> SmtpFailure | None:
        failure = self.smtp_fail_next
        if failure is not None:
            failure.times -= 1
            self.smtp_fail_next = failure if failure.times > 0 else None
        return failure


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"{name}: true or false.")
    return value


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingError(f"{name}: a number of seconds.")
    if not math.isfinite(value) or not 0 <= value <= MAX_DELAY:
        raise SettingError(f"{name}: 0 to {MAX_DELAY:.0f} seconds.")
    return float(value)


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingError(f"{name}: a whole number from {low} to {high}.")
    return value


def _fields(name: str, value: object, known: set[str]) -> Json:
    if not isinstance(value, dict) or not {"status", "times"} <= set(value) <= known:
        raise SettingError(f"{name}: an object of {', '.join(sorted(known))}, or null.")
    return value


def _http_failure(name: str, value: object) -> HttpFailure | None:
    if value is None:
        return None
    given = _fields(name, value, {"status", "times", "code", "accept"})
    status = _whole(f"{name}.status", given["status"], 400, 599)
    return HttpFailure(
        status=status,
        times=_whole(f"{name}.times", given["times"], 1, 1_000_000),
        code=_whole(f"{name}.code", given.get("code", 20000 + status), 1, 99_999),
        accept=_switch(f"{name}.accept", given.get("accept", False)),
    )


def _smtp_failure(name: str, value: object) -> SmtpFailure | None:
    if value is None:
        return None
    given = _fields(name, value, {"status", "times"})
    return SmtpFailure(
        status=_whole(f"{name}.status", given["status"], 400, 599),
        times=_whole(f"{name}.times", given["times"], 1, 1_000_000),
    )


READERS: dict[str, Callable[[str, object], object]] = {
    "callbacks": _switch,
    "callback_delay": _seconds,
    "sms_delay": _seconds,
    "email_delay": _seconds,
    "fail_next": _http_failure,
    "smtp_fail_next": _smtp_failure,
}
