"""No log line names a person: neither what Heed says nor what its libraries do."""

import json
import logging

import pytest
import structlog

from config import logs


@pytest.mark.parametrize(
    "text",
    [
        "sent to ada@example.org",
        "sent to ADA.Byron+x@mail.example.co.uk, at last",
        "GET /contacts/?search=ada%40example.org",
        "to=+14155550100",
        "to=%2B14155550100",
        "Key (number)=(+14155550100) already exists",
        "call (415) 555-0100 now",
        "call 415-555-0100",
        "call 4155550100",
        "call +44 20 7946 0958",
        "GET /api/v1/contacts/?search=Byron HTTP/1.1",
        "GET /u/eyJhbGciOi.Jzd-Wx_9",
    ],
)
def test_addresses_are_taken_out(text: str) -> None:
    clean = logs.redacted(text)
    for part in ("ada", "ADA", "555", "0958", "4155550100", "Byron", "eyJ"):
        assert part not in clean


@pytest.mark.parametrize(
    "text",
    [
        "message 184467 settled in 12.5 ms",
        "2026-11-21T22:41:13.123456Z",
        "request 7f2c9d54-1b1e-4b57-8c1d-2f8a3f5d0a11",
        "Worker exiting (pid: 17770)",
        "127.0.0.1:25383",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert logs.redacted(text) == text


def written(capsys: pytest.CaptureFixture[str], say: object) -> dict[str, object]:
    """The line as the configured handler writes it."""
    (formatter,) = logs.settings()["formatters"].values()
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(**{k: v for k, v in formatter.items() if k != "()"})
    )
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        say(logger)  # type: ignore[operator]
    finally:
        logger.removeHandler(handler)
    return dict(json.loads(capsys.readouterr().err))


def test_arguments_and_tracebacks_are_cleaned_too(capsys: pytest.CaptureFixture[str]) -> None:
    def say(logger: logging.Logger) -> None:
        try:
            raise ValueError("no such contact: ada@example.org")
        except ValueError:
            logger.exception("Could not reach %s", "+14155550100")

    line = written(capsys, say)
    assert line["event"] == "Could not reach [phone]"
    assert "[email]" in str(line["exception"])
    assert "ada" not in json.dumps(line)


def test_a_line_has_its_level_logger_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    line = written(capsys, lambda logger: logger.warning("late"))
    assert (line["event"], line["level"], line["logger"]) == ("late", "warning", "tests.logs")
    assert str(line["timestamp"]).endswith("Z")
