"""The answers that an address asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Answer(Enum):
    """How the answer to something accepted reaches the sender."""

    NOW = "now"
    SLOW = "slow"
    CLOSE = "close"
    HANG = "hang"


HANG_SECONDS = 120.0
SLOW_SECONDS = 5.0


@dataclass(frozen=True)
class Refusal:
    """An error of Twilio's API: HTTP status, error code, sentence."""

    status: int
    code: int
    message: str
    retry_after: int | None = None


@dataclass(frozen=True)
class PhoneMagic:
    """What a number makes happen. Without a refusal the message is accepted."""

    shown: str
    refusal: Refusal | None = None
    answer: Answer = Answer.NOW
    error_code: int | None = None
    call_ends: str = "completed"
    for_calls: bool = True
    presses: str = ""


@dataclass(frozen=True)
class MailMagic:
    shown: str
    rcpt_reply: str = ""
    data_reply: str = ""
    answer: Answer = Answer.NOW


NOT_A_NUMBER = Refusal(400, 21211, "Invalid 'To' Phone Number")
OPTED_OUT = Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
TOO_MANY = Refusal(429, 20429, "Too Many Requests", retry_after=1)
INTERNAL = Refusal(500, 20500, "An internal server error has occurred")
UNAVAILABLE = Refusal(503, 20503, "Service unavailable")

ERROR_MESSAGES = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}


def _undelivered(code: int, call_ends: str = "failed") -> PhoneMagic:
    shown = f"Accepted, then undelivered with error {code} (a call: {call_ends})"
    return PhoneMagic(shown, error_code=code, call_ends=call_ends)


PHONES = {
    "1211": PhoneMagic("HTTP 400, code 21211: not a phone number", NOT_A_NUMBER),
    "1610": PhoneMagic("HTTP 400, code 21610: opted out (texts only)", OPTED_OUT, for_calls=False),
    "0429": PhoneMagic("HTTP 429, code 20429, Retry-After: 1", TOO_MANY),
    "0500": PhoneMagic("HTTP 500; nothing is accepted", INTERNAL),
    "0503": PhoneMagic("HTTP 503; nothing is accepted", UNAVAILABLE),
    "3003": _undelivered(30003, "no-answer"),
    "3004": _undelivered(30004, "busy"),
    "3005": _undelivered(30005),
    "3006": _undelivered(30006),
    "3007": _undelivered(30007),
    "3008": _undelivered(30008),
    "0009": PhoneMagic("A call: answered, and 9 is pressed", presses="9"),
    "0005": PhoneMagic("A call: answered, and 5 is pressed", presses="5"),
    "0997": PhoneMagic("Accepted, answered after 5 s", answer=Answer.SLOW),
    "0998": PhoneMagic("Accepted, connection closed without an answer", answer=Answer.CLOSE),
    "0999": PhoneMagic("Accepted, never answered (closed after 120 s)", answer=Answer.HANG),
}
MAILBOXES = {
    "bounce511": MailMagic("550 5.1.1 to RCPT: no such user", rcpt_reply="550 5.1.1 no such user"),
    "defer451": MailMagic("451 4.2.0 to RCPT: try later", rcpt_reply="451 4.2.0 try again later"),
    "reject554": MailMagic("554 5.7.1 after the message: rejected", data_reply="554 5.7.1 message rejected"),
    "hang": MailMagic("Accepted, never answered (closed after 120 s)", answer=Answer.HANG),
    "drop": MailMagic("Accepted, connection closed without an answer", answer=Answer.CLOSE),
}

ORDINARY_PHONE = PhoneMagic("Accepted, then sent and delivered")
ORDINARY_MAILBOX = MailMagic("Accepted")

NOT_A_DIGIT = re.compile(r"\D")


def for_phone(to: str, kind: str) -> PhoneMagic:
    magic = PHONES.get(NOT_A_DIGIT.sub("", to)[-4:], ORDINARY_PHONE)
    return ORDINARY_PHONE if kind == "call" and not magic.for_calls else magic


def for_mailbox(address: str) -> MailMagic:
    return MAILBOXES.get(address.partition("@")[0].casefold(), ORDINARY_MAILBOX)
