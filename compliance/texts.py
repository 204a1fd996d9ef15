"""What compliance adds to a message: how to opt out, and who is writing. Plain values in, plain values out."""

import html
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from compliance import keywords

EVERY, AGAIN = "every", "again"
NEVER_TAUGHT = "cancel"
"""People answer an appointment reminder with it, so no text of ours asks for it."""


@dataclass(frozen=True, slots=True)
class SmsRules:
    """What is added to a text message. An empty text is switched off."""

    opt_out: str = ""
    sender: str = ""
    repeat: str = AGAIN
    repeat_days: int = 30


@dataclass(frozen=True, slots=True)
class Sms:
    """The text as it is sent; `told` when it carries what it has to, be it in our words or the writer's."""

    body: str
    told: bool


def sms(
    body: str, rules: SmsRules, *, last_told: datetime | None, now: datetime, own_words: tuple[str, ...] = ()
) -> Sms:
    """The body with what it needs behind it. A body that already says how to opt out is left as it is."""
    if teaches_opt_out(body, own_words) or (rules.opt_out and _has(body, rules.opt_out)):
        return Sms(body, told=True)
    if not _is_time(rules, last_told, now):
        return Sms(body, told=False)
    sender = rules.sender if rules.sender and not _has(body, rules.sender) else ""
    added = " ".join(part for part in (_sentence(sender), rules.opt_out) if part)
    return Sms(f"{body.rstrip()}\n{added}" if added else body, told=bool(added))


def _is_time(rules: SmsRules, last_told: datetime | None, now: datetime) -> bool:
    return rules.repeat == EVERY or last_told is None or now - last_told >= timedelta(days=rules.repeat_days)


def _sentence(text: str) -> str:
    return text if not text or text[-1] in ".!?:" else f"{text}."


def _has(body: str, part: str) -> bool:
    return " ".join(part.split()).casefold() in " ".join(body.split()).casefold()


VERB = re.compile(
    r"\b(?:reply|text|send|respond[ae]|env[ií][ae]|contest[ae])\b"
    r"(?:[ \t]+(?:back|us|with|con|the|la|word|palabra))*[ \t]*:?[ \t]*",
    re.IGNORECASE,
)
WORD = re.compile(r"[\"'“”‘’«»(\[*_]*([^\W_]+(?:-[^\W_]+)?)")


def teaches_opt_out(body: str, own_words: tuple[str, ...] = ()) -> bool:
    """Whether the body says reply, text or send followed by a word that opts out: “Reply STOP”, “text 'end' to”.

    CANCEL does not count: a body that asks for it means an appointment, and still has to say how to opt out.
    """
    words = _opt_outs(own_words)
    return any(_said_after(body, verb.end(), words) for verb in VERB.finditer(body))


def _said_after(body: str, start: int, words: frozenset[str]) -> bool:
    """Whether the next word, or the next two as one (“opt out”), are among these. “End of …” is none."""
    first = WORD.match(body, start)
    if first is None:
        return False
    second = WORD.match(body, first.end() + 1)
    following = second[1] if second and body[first.end()].isspace() else ""
    if keywords.plain(first[1] + following) in words:
        return True
    return keywords.plain(first[1]) in words and following.casefold() != "of"


@cache
def _opt_outs(own_words: tuple[str, ...]) -> frozenset[str]:
    standard = {word for word, kind in keywords.standard().items() if kind == keywords.OPT_OUT}
    return frozenset((standard | {keywords.plain(word) for word in own_words}) - {NEVER_TAUGHT})


def unfit_opt_out(text: str, own_words: tuple[str, ...] = ()) -> str | None:
    """One sentence when a business cannot use this as its opt-out text."""
    said = [keywords.plain(word) for word in text.split()]
    if NEVER_TAUGHT in said:
        return "People answer appointment reminders with CANCEL: ask for another word, such as STOP."
    if not _opt_outs(own_words).intersection(said):
        return "Say which word to answer with, such as: Reply STOP to unsubscribe."
    return None


@dataclass(frozen=True, slots=True)
class EmailRules:
    """What is added to an email. An empty text is switched off."""

    link_words: str = ""
    sender: str = ""
    address: str = ""


LINKED = re.compile(r"https?://[^\s\"'<>]*[/?&=#.](?:unsubscribe|opt-?out)(?![\w-])", re.IGNORECASE)
"""A link of the writer's own to unsubscribe by; that the word stands somewhere in an address is not enough."""
MARKUP = re.compile(r"<(?:html|body|p|div|table|br|a|h[1-6]|ul|ol|span|strong|em|b|i)\b[^>]*>", re.IGNORECASE)
END = re.compile(r"</body\s*>", re.IGNORECASE)


def email(body: str, rules: EmailRules, *, link: str) -> str:
    """The body with the unsubscribe link, the sender and the postal address below it, each once."""
    lines = [part for part in (rules.sender, rules.address) if part and not _has(body, part)]
    words = rules.link_words if link and not _is_linked(body, link) else ""
    if not lines and not words:
        return body
    return (
        _html_footer(body, lines, words, link)
        if MARKUP.search(body)
        else _plain_footer(body, lines, words, link)
    )


def _is_linked(body: str, link: str) -> bool:
    ours = link.rpartition("/")[0] + "/"
    return ours in body or LINKED.search(body) is not None


def _plain_footer(body: str, lines: list[str], words: str, link: str) -> str:
    linked = [f"{words}: {link}"] if words else []
    return "\n".join([body.rstrip(), "", "-- ", *lines, *linked]) + "\n"


def _html_footer(body: str, lines: list[str], words: str, link: str) -> str:
    parts = [html.escape(line).replace("\n", "<br>") for line in lines]
    if words:
        parts.append(f'<a href="{html.escape(link)}">{html.escape(words)}</a>')
    footer = f'<p style="font-size:12px;color:#555">{"<br>".join(parts)}</p>'
    ends = list(END.finditer(body))
    cut = ends[-1].start() if ends else len(body)
    return f"{body[:cut]}{footer}{body[cut:]}"


def email_headers(link: str) -> dict[str, str]:
    """RFC 2369 and RFC 8058: the mailbox's own unsubscribe button, by a POST that needs nothing else."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
