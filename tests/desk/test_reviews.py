"""The review queue on the desk: what waits, and the one click that decides it."""

import pytest

from compliance.models import Review
from contacts.models import Contact
from dnd.models import Change, Ground
from messaging.inbound import times, working
from messaging.models import Connection
from tests.compliance import twilio
from tests.desk.conftest import connect
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/compliance/review/"
NUMBER = "+14155550111"


@pytest.fixture
def review(clinic):
    connect(clinic.business)
    ContactFactory(business=clinic.business, phone=NUMBER, first_name="Grace", last_name="Hopper")
    account = Connection.objects.get(business=clinic.business, channel="sms")
    twilio.text(account, "Please stop texting me <b>now</b>", NUMBER).send()
    working.work_due()
    times.ask_due()
    return Review.objects.get()


def decide(client, review, decision):
    return client.post(f"/admin/reviews/{review.pk}/", {"decision": decision}, follow=True)


def blocked():
    return Ground.objects.filter(reason="free_text_opt_out").exists()


def test_a_manager_sees_the_text_and_from_whom_it_is(review, signed_in):
    page = signed_in("manager").get(LIST).content.decode()
    assert "Please stop texting me &lt;b&gt;now&lt;/b&gt;" in page
    assert "Heard: “stop texting me”" in page
    assert "Grace Hopper" in page
    assert page.count('name="decision"') == 2


def test_the_queue_opens_on_what_is_open_and_the_menu_says_where_one_is(review, signed_in):
    page = signed_in("enterprise").get(LIST).content.decode()
    assert '<option value="open" selected>' in page
    here = [link for link in page.split("<a ") if 'aria-current="page"' in link]
    assert [LIST in link for link in here] == [True]


def test_the_start_page_says_that_something_waits_and_then_no_more(review, signed_in):
    client = signed_in("manager")
    assert "1 text</a> that reads like an opt-out" in client.get("/admin/").content.decode()
    decide(client, review, "reject")
    assert "like an opt-out" not in client.get("/admin/").content.decode()


def test_the_contacts_page_leads_to_the_queue(review, signed_in):
    contact = Contact.objects.get(last_name="Hopper")
    page = signed_in("manager").get(f"/admin/contacts/contact/{contact.pk}/change/").content.decode()
    assert f'<a href="{LIST}">Texts to be reviewed</a>' in page


def test_one_click_rejects_and_frees_the_channel(review, signed_in, clinic):
    assert blocked()
    page = decide(signed_in("manager"), review, "reject")
    assert "Rejected: not an opt-out." in page.content.decode()
    assert not blocked()
    line = Change.objects.latest("pk")
    assert (line.source, line.actor) == ("user", clinic.people["manager"].name)
    assert review.pk not in [row["review"].pk for row in page.context["rows"]]


def test_one_click_confirms_and_a_second_says_that_it_was_decided(review, signed_in):
    client = signed_in("enterprise")
    assert "Confirmed: an opt-out." in decide(client, review, "confirm").content.decode()
    assert blocked()
    assert "decided already" in decide(client, review, "reject").content.decode()
    assert blocked()
    assert "Confirmed: an opt-out" in client.get(f"{LIST}?state=").content.decode()


def test_staff_see_the_queue_and_decide_nothing(review, signed_in):
    client = signed_in("staff")
    assert 'name="decision"' not in client.get(LIST).content.decode()
    assert client.post(f"/admin/reviews/{review.pk}/", {"decision": "reject"}).status_code == 403
    assert blocked()


def test_another_business_has_no_such_review(review, elsewhere, client):
    client.force_login(elsewhere.people["enterprise"])
    assert "Grace Hopper" not in client.get(LIST).content.decode()
    assert client.post(f"/admin/reviews/{review.pk}/", {"decision": "reject"}).status_code == 404
    assert blocked()


@pytest.mark.parametrize(("pk", "decision"), [("0", "reject"), ("x", "reject"), (None, ""), (None, "delete")])
def test_what_is_no_decision_is_no_page(review, signed_in, pk, decision):
    found = f"/admin/reviews/{pk or review.pk}/"
    assert signed_in("manager").post(found, {"decision": decision}).status_code == 404
    assert signed_in("manager").get(found).status_code == 405
    assert blocked()
