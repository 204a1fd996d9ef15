"""The language of the public pages: the one asked for in the link, else the browser's, else English.

A language is offered once `compliance/locale` has a catalogue for it.
"""

from functools import cache
from pathlib import Path

from django.http import HttpRequest
from django.utils.translation import get_language_info
from django.utils.translation.trans_real import parse_accept_lang_header

FIRST = "en"
LOCALE = Path(__file__).parent.parent / "locale"


@cache
def offered() -> tuple[str, ...]:
    catalogues = LOCALE.glob("*/LC_MESSAGES/django.mo")
    return (FIRST, *sorted({path.parts[-3] for path in catalogues} - {FIRST}))


def of(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "").lower()
    if asked in offered():
        return asked
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500]):
        if code.partition("-")[0] in offered():
            return code.partition("-")[0]
    return FIRST


def name_of(code: str) -> str:
    """As its speakers call it."""
    return str(get_language_info(code)["name_local"]).capitalize()
