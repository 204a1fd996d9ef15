"""What a contact meets: the unsubscribe link and the preference page. No login, no cookie, no script.

A link that is not ours looks and answers like one that is, so that nobody learns anything by trying.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, cast

from csp.decorators import csp
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from compliance import limits
from compliance.models import LinkToken
from compliance.public import languages, words
from compliance.services import choices, links
from contacts.words import OUTBOUND_CHANNELS

View = Callable[[HttpRequest, str], HttpResponse]
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


def public(view: View) -> View:
    """In the visitor's language, not too often, and remembered by nobody on the way."""

    @csrf_exempt
    @csp(POLICY)  # type: ignore[arg-type] # its types know no arguments from the address
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        with translation.override(languages.of(request)):
            wait = limits.seconds_to_wait(request)
            if wait and _unsubscribes(request):
                # Never one too many: mailbox providers post for many people from few addresses.
                view(request, token)
            response = _too_many(request, wait) if wait else view(request, token)
            response.headers["Content-Language"] = translation.get_language()
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return cast("View", wrapped)


def _unsubscribes(request: HttpRequest) -> bool:
    match = request.resolver_match
    asked = request.method == "POST" and match is not None and match.url_name == "unsubscribe"
    return asked and _fields(request).get("do") != "undo"


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    response = _page(request, "public/too_many.html", {"wait": wait}, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _page(request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Rendered without the request: nothing on these pages may depend on who is signed in."""
    language = translation.get_language()
    others = [code for code in languages.offered() if code != language]
    everything = {
        "language": language,
        "lang_query": f"?lang={language}" if "lang" in request.GET else "",
        "languages": [(code, languages.name_of(code)) for code in others],
        **context,
    }
    return HttpResponse(render_to_string(template, everything), status=status)


def _fields(request: HttpRequest) -> Mapping[str, str]:
    """What was posted, urlencoded or multipart. A body that cannot be read has no fields; the POST counts."""
    try:
        return {name: str(value) for name, value in request.POST.items()}
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnicodeError):
        return {}


@public
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET says what a POST will do. A POST with whatever fields, or none, unsubscribes; one that says undo undoes."""
    if request.method != "POST":
        return _page(request, "public/unsubscribe.html", {"token": token, "stage": "asking"})
    undone = _fields(request).get("do") == "undo"
    if link := links.find(token):
        choices.undo(link) if undone else choices.unsubscribe(link)
    return _page(
        request, "public/unsubscribe.html", {"token": token, "stage": "undone" if undone else "done"}
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What a posted form came to."""

    changed: tuple[choices.Choice, ...] = ()
    done: bool = False
    fault: str = ""


@public
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Every channel on or off, a pause, or an end of everything; and at once what it came to."""
    link = links.find(token)
    said = _carry_out(link, _fields(request)) if request.method == "POST" else Said()
    shown = choices.read(link)
    if link is None or link.contact.deleted_at:
        shown = _as_if(shown, said.changed)
    today = choices.today(None)
    context = {
        "token": token,
        "choices": words.rows(shown),
        "changed": words.rows(said.changed),
        "done": said.done,
        "fault": said.fault,
        "zone": choices.zone_of(link),
        "first_day": today,
        "last_day": today + choices.LONGEST_PAUSE,
        "may_pause": any(choice.on or choice.until for choice in shown),
    }
    return _page(request, "public/preferences.html", context, status=422 if said.fault else 200)


def _as_if(
    shown: tuple[choices.Choice, ...], changed: tuple[choices.Choice, ...]
) -> tuple[choices.Choice, ...]:
    by_channel = {choice.channel: choice for choice in changed}
    return tuple(by_channel.get(choice.channel, choice) for choice in shown)


def _carry_out(link: LinkToken | None, fields: Mapping[str, str]) -> Said:
    match fields.get("do"):
        case "stop":
            return Said(tuple(choices.stop_everything(link)), done=True)
        case "pause":
            return _pause(link, fields.get("until", ""))
        case "save":
            wanted = {c: fields[c] == "on" for c in OUTBOUND_CHANNELS if fields.get(c) in ("on", "off")}
            shown = {c: fields.get(f"was_{c}", "") for c in OUTBOUND_CHANNELS}
            return Said(tuple(choices.save(link, wanted, shown)), done=True)
        case _:
            return Said(fault=_("Nothing was changed: the form did not arrive whole. Please try again."))


def _pause(link: LinkToken | None, text: str) -> Said:
    try:
        until = date.fromisoformat(text)
    except ValueError:
        return Said(fault=_("Choose the date on which messages may come again."))
    today = choices.today(link)
    if not today < until <= today + choices.LONGEST_PAUSE:
        return Said(fault=_("Choose a date from tomorrow on, within two years."))
    return Said(tuple(choices.pause(link, until)), done=True)
