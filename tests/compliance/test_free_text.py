"""The matcher for opt-outs in free text, held to the labelled list and to what must never count."""

import csv
import random
import time

import pytest

from compliance import free_text

with free_text.PHRASES.open(newline="", encoding="utf-8") as file:
    PHRASES = [(row["phrase"], row["opt_out"] == "yes") for row in csv.DictReader(file)]

ORDINARY = [
    "the",
    "office",
    "opens",
    "nine",
    "tomorrow",
    "appointment",
    "with",
    "doctor",
    "we",
    "see",
    "there",
    "card",
]


def test_the_list_has_enough_of_either():
    assert sum(wanted for _, wanted in PHRASES) >= 300
    assert sum(not wanted for _, wanted in PHRASES) >= 300
    assert len({phrase for phrase, _ in PHRASES}) == len(PHRASES)


@pytest.mark.parametrize("wanted", [True, False], ids=["opt-outs", "anything else"])
def test_every_labelled_phrase_is_read_as_labelled(wanted):
    wrong = [
        phrase
        for phrase, label in PHRASES
        if label is wanted and bool(free_text.opt_out(phrase)) is not wanted
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "phrase", ["please stop texting me", "STOP PLEASE", "take me off your list", "Don’t text me anymore"]
)
def test_the_examples_of_the_requirement_count(phrase):
    assert free_text.opt_out(phrase)


@pytest.mark.parametrize(
    "phrase", ["don't stop", "Don’t stop", "I'll stop by at 5", "stop 4 on the bus line"]
)
def test_the_counterexamples_of_the_requirement_do_not(phrase):
    assert free_text.opt_out(phrase) is None


@pytest.mark.parametrize(
    "word",
    ["nonstop", "stopwatch", "unstoppable", "doorstop", "weekend", "quite", "removed", "estopped", "bestop"],
)
def test_a_word_within_a_word_never_counts(word):
    assert free_text.opt_out(f"please {word}") is None
    assert free_text.opt_out(word) is None


def test_stop_among_ordinary_words_never_counts():
    """Wherever the word falls in a sentence about something else, it is not a request to us."""
    choose = random.Random(7)
    for _ in range(2000):
        words = [choose.choice(ORDINARY) for _ in range(8)]
        words.insert(choose.randrange(1, 8), "stop")
        assert free_text.opt_out(" ".join(words)) is None, words


def test_case_accents_stretching_and_dress_change_nothing():
    for phrase in ("please stop texting me", "quiteme de su lista", "take me off your list"):
        for dressed in (
            phrase.upper(),
            phrase.title(),
            f"  {phrase}!!! 😡",
            f"“{phrase}”",
            phrase.replace(" ", "\u00a0"),
        ):
            assert free_text.opt_out(dressed), dressed
    assert free_text.opt_out("STOPPPPP")
    assert free_text.opt_out("désabonnez-moi")
    assert free_text.opt_out("desabonnez moi")


def test_a_finding_says_which_rule_heard_which_words():
    finding = free_text.opt_out("Hi there. Could you take me off your list, please?")
    assert finding == free_text.Finding("off the list", "take me off your list")


def test_our_own_teaching_quoted_back_asks_for_nothing():
    assert free_text.opt_out("Sale today! Reply STOP to unsubscribe") is None
    assert free_text.opt_out("Reply STOP to unsubscribe. Yes please stop") is not None


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "a" * 100_000])
def test_any_text_can_be_read(text):
    assert free_text.opt_out(text) is None


@pytest.mark.parametrize(
    "words",
    [
        "stop ",
        "not ",
        "please ",
        ",.!?",
        "'",
        "take me off of your this the ",
        "do not ever please again ",
        "stop me us to me any more all these the ",
    ],
)
def test_hostile_texts_cost_little(words):
    began = time.process_time()
    free_text.opt_out(words * 5000)
    assert time.process_time() - began < 1
