"""The switch that pauses automations: who flips it, and everywhere that it is seen afterwards."""

import re

import pytest

from contacts.models import Business
from dnd.models import Change
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
PAUSE = {"change": "automations.do_not_contact.block"}


@pytest.fixture
def contact(clinic):
    ContactFactory(business=clinic.business, first_name="Ben")
    return ContactFactory(business=clinic.business, first_name="Ada")


def read(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def flip(client, contact):
    return client.post(f"/admin/contacts/contact/{contact.pk}/dnd/", PAUSE, headers={"HX-Request": "true"})


def test_once_flipped_it_is_in_the_ledger_the_timeline_the_list_and_its_filter(signed_in, contact):
    flip(signed_in("enterprise"), contact)

    line = Change.objects.get(contact=contact)
    assert (line.direction, line.enabled, line.actor) == ("automations", True, "Enterprise of Harbour")
    client = signed_in("staff")
    assert "Do Not Contact enabled by user" in read(
        client.get(f"/admin/contacts/contact/{contact.pk}/change/")
    )
    assert "Do Not Contact enabled by user" in read(client.get("/admin/dnd/change/", follow=True))
    assert read(client.get("/admin/contacts/contact/")).count("Automations paused") == 1
    paused = read(client.get("/admin/contacts/contact/?do_not_contact=1"))
    assert "Ada Byron" in paused
    assert "Ben Byron" not in paused


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_others_see_it_and_why_they_cannot_flip_it(signed_in, contact, role):
    flip(signed_in("enterprise"), contact)
    panel = read(signed_in(role).get(f"/admin/contacts/contact/{contact.pk}/dnd/panel/"))

    assert "Pause automations (Do Not Contact) pause_circle Paused" in panel
    assert "Only an enterprise user can change this." in panel


def test_it_is_not_there_where_the_business_has_not_turned_it_on(signed_in, clinic, contact):
    Business.objects.filter(pk=clinic.business.pk).update(allow_do_not_contact=False)

    flip(signed_in("enterprise"), contact)

    assert not Change.objects.exists()
    panel = signed_in("enterprise").get(f"/admin/contacts/contact/{contact.pk}/dnd/panel/")
    assert "Pause automations" not in read(panel)
