"""Words that a contact texts to be left alone, to come back, or to get help: data/keywords.csv and a business's own.

A keyword is the whole message, whatever its case, spaces, punctuation and accents. Anything longer is
free_text.py's to read.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from compliance import free_text

TABLE = Path(__file__).parent / "data" / "keywords.csv"

OPT_OUT, OPT_IN, HELP = "opt_out", "opt_in", "help"
KINDS = (OPT_OUT, OPT_IN, HELP)

OF_PROVIDER = {"STOP": OPT_OUT, "START": OPT_IN, "HELP": HELP}
"""What Twilio's OptOutType says. It stands for the keyword lists of the messaging service, so it is believed."""
SMALL_TALK = """
ok okay k kk yep yeah yup ya no nope nah sure fine good great cool nice perfect thanks thankyou thanx thx ty hi hello
hey please maybe done here correct right agreed confirm confirmed si bien gracias oui non merci nein ja
"""
EVERYDAY = frozenset(SMALL_TALK.split())
"""What people answer to anything: as a word to come back it would lift what they asked for before."""


def plain(text: str) -> str:
    """Letters and digits alone, without case and accents: what of a message is compared.

    >>> plain(" Stop-All! ")
    'stopall'
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in folded if _counts(character))


def _counts(character: str) -> bool:
    """Accents are left out; the vowel signs of other scripts, which Unicode also calls marks, make the word."""
    category = unicodedata.category(character)
    return category[0] in "LN" or (category in ("Mn", "Mc") and not ACCENTS.match(character))


ACCENTS = re.compile("[\u0300-\u036f\ufe00-\ufe0f]")


@cache
def standard() -> Mapping[str, str]:
    """The kind of each standard keyword. A word that people also say for other reasons is left out: see ambiguous()."""
    return {plain(row["keyword"]): row["kind"] for row in _rows() if plain(row["keyword"]) not in ambiguous()}


@cache
def ambiguous() -> frozenset[str]:
    """Words that count only when the provider says so: people confirm appointments with YES."""
    return frozenset(plain(row["keyword"]) for row in _rows() if "only when the provider" in row["note"])


def _rows() -> list[dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def meaning(text: str, *, provider_says: str = "", own_words: Mapping[str, str] | None = None) -> str | None:
    """`opt_out`, `opt_in` or `help` when the whole message is a keyword, else None.

    `provider_says` is Twilio's OptOutType, which decides when it is one that we know, but never against a word that
    asks to be left alone. `own_words` maps a business's words, as it wrote them, to their kind; it adds to the standard
    ones and never outvotes them.
    """
    said = plain(text)
    if standard().get(said) == OPT_OUT:
        return OPT_OUT
    if kind := OF_PROVIDER.get(provider_says.strip().upper()):
        return kind
    if not said or said in ambiguous():
        return None
    return standard().get(said) or _own(own_words or {}).get(said)


def _own(words: Mapping[str, str]) -> dict[str, str]:
    """A word that is given twice keeps its strictest meaning, in the order of KINDS."""
    strictest: dict[str, str] = {}
    for word, kind in sorted(words.items(), key=lambda pair: KINDS.index(pair[1]), reverse=True):
        if said := plain(word):
            strictest[said] = kind
    return strictest


def unfit(word: str, kind: str) -> str | None:
    """One sentence when a business cannot add this word with this meaning."""
    said = plain(word)
    if not said:
        return "A keyword has at least one letter or digit."
    if len(word) > 40:
        return "A keyword has at most 40 characters."
    if said in ambiguous():
        return f"People answer other questions with {word}, so it cannot be a keyword."
    if kind == OPT_IN and said in EVERYDAY:
        return f"People say {word} for any reason, and it would lift what they asked for before."
    if kind != OPT_OUT and free_text.opt_out(word):
        return f"{word} asks you to stop, so it cannot mean anything else."
    if standard().get(said, kind) != kind:
        return f"{word} is a standard keyword with another meaning, which cannot be changed."
    return None
