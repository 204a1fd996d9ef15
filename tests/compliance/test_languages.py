"""The public pages speak every language that they offer, whole."""

import re
from pathlib import Path

import pytest
from babel.messages import mofile, pofile
from django.utils.translation.template import templatize

from compliance.public import languages

ROOT = Path(__file__).resolve().parents[2]
CODE = [ROOT / "compliance" / "public" / name for name in ("views.py", "words.py")]
STRING = r"\s*u?((?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'))\s*"


def used():
    """Every text that a page or its code hands to translation."""
    found = set()
    for path in CODE:
        found |= {eval(text) for text in re.findall(rf"\b_\({STRING}\)", path.read_text())}
    for path in (ROOT / "templates" / "public").rglob("*.html"):
        source = templatize(path.read_text())
        found |= {eval(text) for text in re.findall(rf"\b_\({STRING}\)", source)}
        found |= {eval(text) for text in re.findall(rf"\bgettext\({STRING}\)", source)}
        for one, many in re.findall(rf"\bngettext\({STRING},{STRING},", source):
            found |= {(eval(one), eval(many))}
    return found


def catalogue(code):
    with (languages.LOCALE / code / "LC_MESSAGES" / "django.po").open("rb") as file:
        return pofile.read_po(file)


def test_english_and_spanish_are_offered():
    assert languages.offered() == ("en", "es")


@pytest.mark.parametrize("code", languages.offered()[1:])
def test_every_text_is_translated_and_none_is_left_over(code):
    translated = {message.id for message in catalogue(code) if message.id and all([message.string])}
    assert len(used()) > 50
    assert translated == used()


@pytest.mark.parametrize("code", languages.offered()[1:])
def test_what_is_compiled_is_what_is_written(code):
    with (languages.LOCALE / code / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = mofile.read_mo(file)
    assert texts(compiled) == texts(catalogue(code))


def texts(messages):
    """What stands for what; a text with a plural has two of each."""
    return {forms(message.id): forms(message.string) for message in messages if message.id}


def forms(text):
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "en"),
        ("", "es", "es"),
        ("", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("", "de-CH, es;q=0.5, en;q=0.4", "es"),
        ("", "en-US,en;q=0.9,es;q=0.8", "en"),
        ("", "de, fr", "en"),
        ("", "*;q=0.1, \x7f;;;q=x" + "x" * 9000, "en"),
        ("lang=es", "en", "es"),
        ("lang=EN", "es", "en"),
        ("lang=../../etc", "es", "es"),
    ],
)
def test_the_link_comes_before_the_browser_and_english_is_the_last_resort(rf, query, header, language):
    request = rf.get(f"/u/x?{query}", headers={"Accept-Language": header})
    assert languages.of(request) == language
