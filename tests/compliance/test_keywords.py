"""Keywords: the whole message and nothing but the message."""

import csv
from pathlib import Path

import pytest

from compliance import keywords
from compliance.keywords import HELP, OPT_IN, OPT_OUT

with keywords.TABLE.open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not row["note"].startswith("only")], ids=lambda r: r["keyword"]
)
@pytest.mark.parametrize(
    "dress", ["{}", "{}!", "  {}\n", '"{}".', "{} 🛑", "{} ❤\ufe0f", "\u200b{}\u00a0", "¡{}!"]
)
def test_every_standard_word_counts_however_it_is_dressed(row, dress):
    for word in (row["keyword"], row["keyword"].lower(), row["keyword"].title(), " ".join(row["keyword"])):
        assert keywords.meaning(dress.format(word)) == row["kind"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "!!!", "🛑", "don't stop", "stop by at 5", "stop 4", "starting", "helpful", "nonstop", "weekend",
     "Yes please", "the end", "cancelled", "quite", "information", "stopper", "start over", "help me move",
     "STOP2", "٣"],
)  # fmt: skip
def test_anything_else_is_no_keyword(text):
    assert keywords.meaning(text) is None


@pytest.mark.parametrize("text", ["YES", "yes", " Yes! ", "ÝES"])
def test_yes_opts_in_only_when_the_provider_says_so(text):
    assert keywords.meaning(text) is None
    assert keywords.meaning(text, own_words={"Yes": OPT_IN}) is None
    assert keywords.meaning(text, provider_says="START") == OPT_IN


@pytest.mark.parametrize(
    ("says", "kind"), [("STOP", OPT_OUT), ("START", OPT_IN), ("HELP", HELP), ("stop", OPT_OUT)]
)
def test_what_the_provider_says_is_believed_whatever_the_text(says, kind):
    assert keywords.meaning("baja", provider_says=says) == kind
    assert keywords.meaning("", provider_says=says) == kind


@pytest.mark.parametrize("says", ["START", "HELP"])
def test_a_word_that_asks_to_stop_is_outvoted_by_nobody(says):
    assert keywords.meaning("Stop!", provider_says=says) == OPT_OUT


@pytest.mark.parametrize("says", ["", "OTHER", "STOPPED", "\x00"])
def test_an_unknown_word_of_the_provider_leaves_it_to_the_text(says):
    assert keywords.meaning("STOP", provider_says=says) == OPT_OUT
    assert keywords.meaning("hello", provider_says=says) is None


def test_a_business_adds_words_in_any_language_and_outvotes_no_standard_one():
    own = {"Baja": OPT_OUT, "停止": OPT_OUT, "alta": OPT_IN, "Désabonner": OPT_OUT, "STOP": OPT_IN, "!": HELP}
    assert keywords.meaning("BAJA.", own_words=own) == OPT_OUT
    assert keywords.meaning("停 止", own_words=own) == OPT_OUT
    assert keywords.meaning("alta", own_words=own) == OPT_IN
    assert keywords.meaning("DESABONNER", own_words=own) == OPT_OUT
    assert keywords.meaning("stop", own_words=own) == OPT_OUT
    assert keywords.meaning("?", own_words=own) is None
    assert keywords.meaning("बिंदु", own_words={"बंद": OPT_OUT}) is None
    assert keywords.meaning("बंद!", own_words={"बंद": OPT_OUT}) == OPT_OUT


@pytest.mark.parametrize("order", [("Fin", "FIN!"), ("FIN!", "Fin")])
def test_the_same_word_given_with_two_meanings_has_the_stricter(order):
    own = dict(zip(order, [OPT_IN, OPT_OUT], strict=True))
    assert keywords.meaning("fin", own_words=own) == OPT_OUT


@pytest.mark.parametrize(
    ("word", "kind", "fits"),
    [("baja", OPT_OUT, True), ("STOP", OPT_OUT, True), ("stop", OPT_IN, False), ("START", OPT_OUT, False),
     ("yes", OPT_IN, False), ("…", OPT_OUT, False), ("x" * 41, OPT_OUT, False), ("Thanks!", OPT_IN, False),
     ("no", OPT_IN, False), ("please stop", OPT_IN, False), ("please stop texting me", HELP, False),
     ("please stop texting me", OPT_OUT, True), ("join us", OPT_IN, True)],
)  # fmt: skip
def test_words_that_a_business_may_add(word, kind, fits):
    assert (keywords.unfit(word, kind) is None) == fits


def test_product_and_tests_read_the_same_table():
    assert Path(keywords.__file__).parent / "data" / "keywords.csv" == keywords.TABLE
