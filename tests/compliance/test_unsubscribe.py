"""The unsubscribe link: what a GET must not do, and what a POST does whatever it carries."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.models import FeedbackEvent, LinkToken
from compliance.services import feedback, links
from compliance.services.links import LinkFor
from contacts import locks
from contacts.actors import Actor
from contacts.services import people
from dnd import services as dnd
from dnd.models import Change, Ground, Suppression
from tests.factories import STAFF, BusinessFactory, ContactFactory, add_email, block

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"
ONE_CLICK = {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}
MULTIPART = (
    '--B\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--B--\r\n',
    "multipart/form-data; boundary=B",
)


@pytest.fixture
def contact():
    return ContactFactory(email=ADA, timezone="UTC")


@pytest.fixture
def visitor():
    """A visitor as strict as they come: CSRF is checked, and what the server raises is what it answers."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def link_of(contact, address=ADA):
    return links.issue([LinkFor(contact.business_id, contact.pk, "email", address, 7)])[0]


def grounds(contact):
    return set(Ground.objects.filter(contact=contact).values_list("channel", "reason"))


def test_a_token_is_chance_and_its_text_is_in_no_table(contact):
    first, second = (link_of(contact) for _ in range(2))
    assert first != second
    assert len(first) >= 40
    assert links.find(first).digest == links.digest(first)
    columns = [str(value) for row in LinkToken.objects.values_list() for value in row]
    assert not any(first in text or second in text for text in columns)


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_get_changes_nothing_and_writes_nothing(visitor, contact, method):
    token = link_of(contact)
    with CaptureQueriesContext(connection) as queries:
        response = getattr(visitor, method)(f"/u/{token}")
    assert response.status_code == 200
    assert not [q for q in queries if not q["sql"].lstrip().upper().startswith("SELECT")]
    assert grounds(contact) == set()
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    "post",
    [
        ONE_CLICK,
        {"data": MULTIPART[0], "content_type": MULTIPART[1]},
        {"data": "", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"", "content_type": ""},
        {"data": "do=unsubscribe", "content_type": "application/x-www-form-urlencoded"},
        {"data": '{"a": 1}', "content_type": "application/json"},
        {"data": b"\xff\xfe\x00", "content_type": "application/x-www-form-urlencoded"},
        {"data": "x=%ff%fe", "content_type": "application/x-www-form-urlencoded; charset=utf-7"},
        {"data": b"a=1", "content_type": "application/x-www-form-urlencoded; charset=no-such"},
        {"data": b"--B\r\nrubbish", "content_type": "multipart/form-data; boundary=B"},
        {"data": b"x", "content_type": "multipart/form-data"},
        {"data": b"x", "content_type": "multipart/form-data; boundary=\xe9"},
        {
            "data": "&".join(f"a{n}=1" for n in range(1500)),
            "content_type": "application/x-www-form-urlencoded",
        },
        {"data": "a=" + "x" * 3_000_000, "content_type": "application/x-www-form-urlencoded"},
    ],
    ids=range(14),
)
def test_a_post_unsubscribes_whatever_it_carries(visitor, contact, post):
    response = visitor.generic("POST", f"/u/{link_of(contact)}", **post)
    assert response.status_code == 200
    assert "location" not in response.headers
    assert not response.cookies
    assert grounds(contact) == {("email", "email_unsubscribe")}
    assert Suppression.objects.in_force().get().address == ADA
    line = Change.objects.get()
    assert (line.source, line.actor, line.reason) == ("contact", "unsubscribe link", "email_unsubscribe")
    assert line.evidence == [f"link:{LinkToken.objects.get().pk}", "message:7"]


def test_a_slash_at_the_end_costs_no_redirect(visitor, contact):
    assert visitor.post(f"/u/{link_of(contact)}/", **ONE_CLICK).status_code == 200
    assert grounds(contact) == {("email", "email_unsubscribe")}


def test_twice_and_a_year_later_is_the_same_as_once(visitor, contact, time_machine):
    token = link_of(contact)
    LinkToken.objects.update(created_at="2016-01-01T00:00Z")
    time_machine.move_to("2046-01-01T00:00:00Z")
    for _ in range(3):
        assert visitor.post(f"/u/{token}", **ONE_CLICK).status_code == 200
    assert Change.objects.count() == 1


def test_everybody_with_the_address_is_left_alone_and_who_gets_it_later(visitor, contact):
    other = ContactFactory(business=contact.business, email=ADA)
    elsewhere = ContactFactory(email=ADA)
    visitor.post(f"/u/{link_of(contact)}", **ONE_CLICK)
    assert grounds(other) == {("email", "email_unsubscribe")}
    assert grounds(elsewhere) == set()


def test_a_contact_that_moved_is_meant_all_the_same_and_so_is_the_old_address(visitor, contact):
    token = link_of(contact)
    contact.points.filter(kind="email").delete()
    add_email(contact, "new@example.org")
    later = ContactFactory(business=contact.business, email=ADA)
    visitor.post(f"/u/{token}", **ONE_CLICK)
    assert grounds(contact) == {("email", "email_unsubscribe")}
    assert grounds(later) == {("email", "email_unsubscribe")}


def test_a_deleted_contacts_link_still_stops_email_to_the_address(visitor, contact):
    token = link_of(contact)
    people.delete(contact=contact, by=STAFF)
    again = ContactFactory(business=contact.business, email=ADA)
    assert visitor.post(f"/u/{token}", **ONE_CLICK).status_code == 200
    assert grounds(again) == {("email", "email_unsubscribe")}


def test_undo_takes_back_the_click_and_nothing_else(visitor, contact):
    token = link_of(contact)
    block(contact, "email", "sms")
    visitor.post(f"/u/{token}", **ONE_CLICK)
    page = visitor.post(f"/u/{token}", {"do": "undo"}).content.decode()
    assert "Your unsubscribing was taken back" in page
    assert grounds(contact) == {("email", "user_request"), ("sms", "user_request")}
    assert not Suppression.objects.in_force().exists()


@pytest.mark.parametrize("by", [Actor.provider("SendGrid"), Actor("api", "CRM", "manager")])
def test_undo_leaves_what_was_asked_for_in_another_way_for_the_same_reason(visitor, contact, by):
    """Whoever an email was forwarded to can click its link twice; the contact said no elsewhere."""
    dnd.change_address(
        business=contact.business, channel="email", address=ADA, block=True, by=by, reason="email_unsubscribe"
    )
    token = link_of(contact)
    visitor.post(f"/u/{token}", **ONE_CLICK)
    page = visitor.post(f"/u/{token}", {"do": "undo"}).content.decode()
    assert "If email was also turned off in another way, it stays off." in page
    assert grounds(contact) == {("email", "email_unsubscribe")}
    assert Suppression.objects.in_force().count() == 1


@pytest.mark.parametrize("kind", ["unsubscribe", "complaint"])
@pytest.mark.parametrize("first", ["link", "provider"])
def test_undo_leaves_what_a_provider_was_told_too_whichever_came_first(visitor, contact, kind, first):
    token = link_of(contact)
    told = [lambda: visitor.post(f"/u/{token}", **ONE_CLICK), lambda: tell_provider(contact, kind)]
    for tell in told if first == "link" else reversed(told):
        tell()
    visitor.post(f"/u/{token}", {"do": "undo"})
    reasons = {reason for _, reason in grounds(contact)}
    assert f"email_{kind}" in reasons
    assert first == "provider" or "email_unsubscribe" in reasons


def tell_provider(contact, kind):
    """One event, as the worker acts on it."""
    at = locks.now()
    told = feedback.Told(kind, ADA, at, Actor.provider("SendGrid"), ("event:1",))
    event = FeedbackEvent.objects.create(
        business=contact.business,
        connection=1,
        esp="sendgrid",
        provider_id="1",
        received_at=at,
        due_at=at,
        kind=kind,
        address=ADA,
        at=at,
    )
    feedback.act(contact.business, told)
    event.worked_at = locks.now()
    event.save()


def test_undo_takes_back_a_click_that_came_after_a_report_which_staff_had_lifted(visitor, contact):
    tell_provider(contact, "unsubscribe")
    wish = dnd.Wish(outbound={"email": False}, note="asked for email again on the phone")
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=STAFF)
    token = link_of(contact)
    visitor.post(f"/u/{token}", **ONE_CLICK)
    visitor.post(f"/u/{token}", {"do": "undo"})
    assert grounds(contact) == set()


@pytest.mark.parametrize("undoing", [0, 1])
def test_of_two_contacts_with_one_mailbox_neither_takes_back_what_the_other_said(visitor, contact, undoing):
    other = ContactFactory(business=contact.business, email=ADA)
    tokens = [link_of(contact), link_of(other)]
    for token in tokens:
        visitor.post(f"/u/{token}", **ONE_CLICK)
    visitor.post(f"/u/{tokens[undoing]}", {"do": "undo"})
    assert grounds(contact) == grounds(other) == {("email", "email_unsubscribe")}


def test_a_contact_takes_back_by_one_link_what_it_said_by_two(visitor, contact):
    tokens = [link_of(contact), link_of(contact)]
    for token in tokens * 2:
        visitor.post(f"/u/{token}", **ONE_CLICK)
    visitor.post(f"/u/{tokens[0]}", {"do": "undo"})
    assert grounds(contact) == set()

    visitor.post(f"/u/{tokens[1]}", **ONE_CLICK)
    assert grounds(contact) == {("email", "email_unsubscribe")}


@pytest.mark.parametrize("path", ["u", "p"])
@pytest.mark.parametrize("fields", [None, {"do": "unsubscribe"}, {"do": "undo"}, {"do": "stop"}])
def test_an_unknown_link_looks_like_a_known_one(visitor, contact, path, fields):
    known, unknown = link_of(contact), "A" * 43
    pages = []
    for token in (known, unknown):
        response = visitor.post(f"/{path}/{token}", fields) if fields else visitor.get(f"/{path}/{token}")
        headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
        pages.append((response.status_code, headers, response.content.decode().replace(token, "TOKEN")))
    assert pages[0] == pages[1]


def test_the_page_says_nothing_of_whom_it_is_for(visitor, contact):
    page = visitor.get(f"/u/{link_of(contact)}").content.decode()
    for secret in (ADA, contact.first_name, contact.last_name, contact.business.name):
        assert secret not in page


@pytest.mark.parametrize("path", ["u", "p"])
def test_nothing_remembers_or_shows_the_page_elsewhere(visitor, contact, path):
    response = visitor.get(f"/{path}/{link_of(contact)}")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    page = response.content.decode()
    assert not re.search(r"<script|\son\w+=|javascript:|style=", page)
    assert not response.cookies


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused_and_change_nothing(visitor, contact, method):
    assert getattr(visitor, method)(f"/u/{link_of(contact)}").status_code == 405
    assert grounds(contact) == set()


def test_a_link_of_one_business_does_nothing_in_another(visitor):
    mine, theirs = ContactFactory(email=ADA), ContactFactory(email=ADA, business=BusinessFactory())
    visitor.post(f"/u/{link_of(mine)}", **ONE_CLICK)
    assert grounds(mine)
    assert not grounds(theirs)


@pytest.mark.parametrize("token", ["%00", "x" * 200, "%E2%82%AC", "..", "<script>alert(1)</script>"])
def test_a_strange_token_is_an_unknown_one(visitor, token):
    response = visitor.get(f"/u/{token}")
    assert response.status_code in (200, 404)
    assert b"<script>alert" not in response.content
