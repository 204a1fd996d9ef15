"""What is added to a message, when, and when not."""

from datetime import UTC, datetime, timedelta

import pytest

from compliance import texts
from compliance.models import Profile
from compliance.texts import EmailRules, SmsRules

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STOP = "Reply STOP to unsubscribe."
RULES = SmsRules(opt_out=STOP, sender="Harbor Clinic", repeat="again", repeat_days=30)
LINK = "https://heed.example/u/abc"
EMAIL = EmailRules(link_words="Unsubscribe", sender="Harbor Clinic", address="1 Main Street\nSpringfield")


def ago(**parts):
    return NOW - timedelta(**parts)


@pytest.mark.parametrize(
    ("last_told", "repeat", "days", "added"),
    [
        (None, "again", 30, True),
        (ago(minutes=1), "again", 30, False),
        (ago(days=29, hours=23, minutes=59), "again", 30, False),
        (ago(days=30), "again", 30, True),
        (ago(days=1), "again", 1, True),
        (ago(hours=23), "again", 1, False),
        (ago(days=60), "again", 60, True),
        (ago(days=59), "again", 60, False),
        (ago(seconds=1), "every", 30, True),
        (None, "every", 30, True),
    ],
)
def test_the_first_message_tells_and_then_every_so_many_days_or_every_time(last_told, repeat, days, added):
    rules = SmsRules(STOP, "Harbor Clinic", repeat, days)
    sent = texts.sms("See you at 5", rules, last_told=last_told, now=NOW)
    assert sent.told == added
    assert sent.body == (
        "See you at 5\nHarbor Clinic. Reply STOP to unsubscribe." if added else "See you at 5"
    )


@pytest.mark.parametrize(
    ("rules", "body"),
    [
        (SmsRules(STOP, ""), f"Hi\n{STOP}"),
        (SmsRules("", "Harbor Clinic"), "Hi\nHarbor Clinic."),
        (SmsRules("", ""), "Hi"),
    ],
)
def test_each_part_can_be_switched_off(rules, body):
    sent = texts.sms("Hi", rules, last_told=None, now=NOW)
    assert sent.body == body
    assert sent.told == (body != "Hi")


def test_a_sender_who_is_named_already_is_not_named_twice():
    sent = texts.sms("Harbor  clinic here: see you at 5", RULES, last_told=None, now=NOW)
    assert sent.body == f"Harbor  clinic here: see you at 5\n{STOP}"


@pytest.mark.parametrize(
    "body",
    [
        "Reply STOP to end",
        "reply stop",
        "To end these, TEXT “STOP” to 12345",
        "Text 'end' to leave",
        "Send UNSUBSCRIBE to stop",
        "Reply with the word STOP",
        "Reply back: QUIT",
        "reply OPT OUT any time",
        "reply opt-out any time",
        "Text STOPALL.",
        "Text ARRÊT",
        "Responda STOP para no recibir más",
    ],
)
def test_nothing_is_added_to_a_body_that_says_how_to_opt_out(body):
    assert texts.sms(body, RULES, last_told=None, now=NOW) == texts.Sms(body, told=True)


@pytest.mark.parametrize(
    "body",
    [
        "Please reply by the end of the day",
        "Reply end of day at the latest",
        "Please reply. Stop by our office at 5",
        "Don't stop, send pictures",
        "We stop at 5. Text us",
        "Reply YES to confirm",
        "Reply CANCEL to cancel your appointment",
        "Send us the end-of-year report",
        "The text ends here",
    ],
)
def test_a_body_that_only_looks_like_it_still_gets_the_words(body):
    sent = texts.sms(body, RULES, last_told=None, now=NOW)
    assert sent.body.endswith(STOP)
    assert sent.told


def test_a_businesss_own_word_counts_as_saying_how():
    assert texts.teaches_opt_out("Reply ALTO para salir", ("ALTO",))
    assert not texts.teaches_opt_out("Reply ALTO para salir")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (STOP, True),
        ("STOP to opt out", True),
        ("Répondez ARRET", True),
        ("Reply CANCEL to unsubscribe", False),
        ("Reply STOP or cancel", False),
        ("Have a nice day", False),
        ("", False),
    ],
)
def test_an_opt_out_text_names_a_word_that_works_and_never_cancel(text, fits):
    assert (texts.unfit_opt_out(text) is None) == fits


def test_the_standard_text_never_teaches_cancel():
    assert texts.unfit_opt_out(Profile().sms_opt_out_text) is None


def test_a_plain_email_gets_sender_address_and_link_below_its_body():
    assert texts.email("Dear Ada\n", EMAIL, link=LINK) == (
        "Dear Ada\n\n-- \nHarbor Clinic\n1 Main Street\nSpringfield\nUnsubscribe: https://heed.example/u/abc\n"
    )


def test_nothing_that_the_body_has_is_added_again():
    once = texts.email("Dear Ada", EMAIL, link=LINK)
    assert texts.email(once, EMAIL, link=LINK) == once
    own = (
        "Dear Ada, leave at https://harbor.example/unsubscribe?x=1. Harbor Clinic, 1 Main Street Springfield"
    )
    assert texts.email(own, EMAIL, link=LINK) == own


@pytest.mark.parametrize(
    ("address", "is_a_way_out"),
    [
        ("https://harbor.example/unsubscribe", True),
        ("https://harbor.example/email/opt-out?x=1", True),
        ("https://mail.example/?action=unsubscribe&x=1", True),
        ("https://harbor.example/u/team", False),
        ("https://harbor.example/blog/how-to-unsubscribe-from-junk", False),
        ("https://harbor.example/unsubscribed-patients", False),
    ],
)
def test_only_a_link_that_leads_out_stands_for_ours(address, is_a_way_out):
    assert (LINK not in texts.email(f"Dear Ada, see {address}", EMAIL, link=LINK)) is is_a_way_out


def test_html_gets_it_before_the_end_of_the_body_and_escaped():
    rules = EmailRules("Un<subscribe", "Tom & Co", "")
    body = texts.email("<html><body><p>Dear Ada</p></body></html>", rules, link=LINK)
    assert body.endswith(f'Tom &amp; Co<br><a href="{LINK}">Un&lt;subscribe</a></p></body></html>')
    assert texts.email("<p>Dear Ada</p>", rules, link=LINK).startswith("<p>Dear Ada</p><p style")


def test_what_is_switched_off_is_left_out():
    assert texts.email("Dear Ada", EmailRules(), link=LINK) == "Dear Ada"
    assert "Unsubscribe" not in texts.email("Dear Ada", EmailRules("", "Harbor", ""), link=LINK)


def test_the_headers_are_those_of_one_click():
    assert texts.email_headers(LINK) == {
        "List-Unsubscribe": f"<{LINK}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
