"""Steps and what an if_else asks, as staff read them."""

from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.workflows.test_conditions import ask
from workflows import wording

NAMES = {"status:12": "“Won” (Leads)", "user:mia@clinic.example": "Mia Manager"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (ask("dnd.sms", "is", True), "SMS is blocked"),
        (ask("dnd.sms", "is_not", True), "SMS is allowed"),
        (ask("dnd.email", "is_not", False), "Email is blocked"),
        (ask("dnd.state", "any_of", ["on", "partial"]), "the contact's DND state is “on” or “partial”"),
        (ask("tag", "is", "x,y"), "the contact has the tag “x,y”"),
        (ask("tag", "none_of", ["a", "b"]), "the contact does not have the tag “a” or “b”"),
        (ask("tag", "is_empty"), "the contact has no tags"),
        (ask("status", "is_not", "12"), "the contact's status is not “Won” (Leads)"),
        (ask("contact.first_name", "contains", "ad"), "the contact's first name contains “ad”"),
        (ask("contact.email", "is_empty"), "the contact's email is empty"),
        (
            {"all": [ask("tag", "is", "a"), {"any": [ask("tag", "is", "b"), ask("dnd.call", "is", True)]}]},
            "the contact has the tag “a” and (the contact has the tag “b” or Call is blocked)",
        ),
        ({"any": [{"all": [ask("tag", "is", "a")]}]}, "the contact has the tag “a”"),
    ],
)
def test_an_if_else_says_what_it_asks(asked, words):
    assert wording.step({"kind": "if_else", "condition": asked}, NAMES) == f"If {words}"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"kind": "wait", "until": "2030-01-01T00:00:30Z"}, "Wait until 31 Dec 2029, 19:00:30"),
        ({"kind": "wait", "until": "2030-07-01T13:00:00Z"}, "Wait until 1 Jul 2030, 09:00"),
        ({"kind": "wait", "for": "007h"}, "Wait 7 hours"),
        ({"kind": "wait", "for": "01d"}, "Wait 1 day"),
        ({"kind": "internal_notification", "to": "user:Mia@clinic.example"}, "Notify Mia Manager"),
        ({"kind": "internal_notification", "to": "user:gone@x.example"}, "Notify gone@x.example"),
        ({"kind": "internal_notification", "to": "team:Marketing"}, "Notify the team “Marketing”"),
        (
            {"kind": "internal_notification", "to": "managers"},
            "Notify everybody with the role manager",
        ),
    ],
)
def test_no_step_is_shown_in_the_notation_of_programs(step, words):
    with timezone.override(ZoneInfo("America/New_York")):
        assert wording.step(step, NAMES) == words
