"""Twenty ways to lift an opt-out by an import. None of them does."""

import pytest

from contacts.actors import Actor
from contacts.models import Contact, Event, Pipeline, Status
from contacts.services import people
from dnd import flags, verification
from dnd import services as dnd
from dnd.models import Ground
from tests.factories import MANAGER, ContactFactory, block
from tests.importing.conftest import contact_of

WAYS = {
    "an answer no": "email,dnd_sms\nada@example.org,no\n",
    "the word allowed": "email,dnd_sms\nada@example.org,allowed\n",
    "the word opted-in": "email,dnd_sms\nada@example.org,Opted-In\n",
    "a zero": "email,dnd_sms\nada@example.org,0\n",
    "an empty cell": "email,dnd_sms,first_name\nada@example.org,,Augusta\n",
    "no for every channel": "email,dnd_all\nada@example.org,no\n",
    "a list that says none": "email,dnd\nada@example.org,none\n",
    "a list of other channels": "email,dnd\nada@example.org,email\n",
    "an empty list": "email,dnd,first_name\nada@example.org,,Augusta\n",
    "no column about DND at all": "email,first_name\nada@example.org,Augusta\n",
    "by external id": "external_id,dnd_sms\nMRN-1,no\n",
    "by the number": "phone,dnd_sms\n(415) 555-0100,no\n",
    "by the number as others write it": "phone,dnd_sms\n+1 415.555.0100,no\n",
    "the email in capitals": "email,dnd_sms\nADA@EXAMPLE.ORG,no\n",
    "a yes, then a no": "email,dnd_sms\nada@example.org,yes\nada@example.org,no\n",
    "a no, then a yes": "email,dnd_sms\nada@example.org,no\nada@example.org,yes\n",
    "a yes elsewhere": "email,dnd_email,dnd_sms\nada@example.org,yes,no\n",
    "a reason that lifts": "email,dnd_sms,dnd_reason\nada@example.org,no,user_request\n",
    "another number": "email,phone,dnd_sms\nada@example.org,+14155550999,no\n",
    "another email": "external_id,email,dnd_sms\nMRN-1,augusta@example.org,no\n",
    "another person with the number": "external_id,phone,dnd_sms\nMRN-2,+14155550100,no\n",
}


@pytest.fixture
def ada(business):
    """Texted STOP, asked staff for no email, and her provider could not deliver to her address."""
    ada = ContactFactory(
        business=business, external_id="MRN-1", phone="+14155550100", email="ada@example.org"
    )
    stop(business)
    block(ada, "email", "call")
    said(business, "email", "ada@example.org", "email_bounce", Actor.provider("smtp"))
    return ada


def said(business, channel: str, address: str, reason: str, by: Actor) -> None:
    dnd.change_address(business=business, channel=channel, address=address, block=True, reason=reason, by=by)


def stop(business) -> None:
    said(business, "sms", "+14155550100", "stop_keyword", Actor.contact())


def standing() -> set[tuple[str, str]]:
    return set(Ground.objects.values_list("channel", "reason"))


@pytest.mark.parametrize("way", WAYS)
def test_no_import_lifts_an_opt_out(business, ada, brought, way):
    before = standing()

    filed = brought(WAYS[way], match="phone" if "by the number" in way else "email")
    while dnd.screen_new_addresses():
        pass

    assert before <= standing()
    assert flags.masks([ada.pk])[ada.pk] & 7 == 7
    assert verification.verify(business=business.pk).violations == []
    for contact in Contact.objects.filter(points__value="+14155550100"):
        assert contact.standing.outbound & 2
    if way in ("an answer no", "no for every channel", "a list that says none", "by external id"):
        assert "stays blocked: an import never lifts DND" in filed.told()[2]


def test_a_contact_that_was_deleted_and_comes_back_is_still_stopped(business, ada, brought):
    people.delete(contact=ada, by=MANAGER)

    brought("email,phone,dnd_sms\nada@example.org,+14155550100,no\n")

    again = contact_of("ada@example.org")
    assert again != ada
    assert again.standing.outbound == 6
    assert set(again.grounds.values_list("reason", flat=True)) == {"stop_keyword", "email_bounce"}


def test_a_new_contact_at_a_suppressed_address_is_stopped_in_the_same_moment(business, brought):
    stop(business)

    filed = brought("email,phone\nnew@example.org,4155550100\n")

    assert filed.found["suppressed"] == 1
    new = contact_of("new@example.org")
    assert list(new.grounds.values_list("channel", "reason", "source")) == [
        ("sms", "stop_keyword", "contact")
    ]
    assert not new.points.filter(screened=False).exists()


def test_a_status_that_restricts_contact_is_not_left_by_an_import(business, ada, brought):
    pipeline = Pipeline.objects.create(business=business, name="Sales")
    closed = Status.objects.create(pipeline=pipeline, name="Do not call", restricts_contact=True)
    fresh = Status.objects.create(pipeline=pipeline, name="Fresh")
    Contact.objects.filter(pk=ada.pk).update(status=closed)

    filed = brought(
        "email,status\nada@example.org,fresh\nzoe@example.org,Sales: Fresh\nbad@example.org,none\n"
    )

    ada.refresh_from_db()
    assert (ada.status, contact_of("zoe@example.org").status) == (closed, fresh)
    assert "restricts contact" in filed.told()[2]
    assert Event.objects.filter(kind="status_changed").count() == 1
    assert "no status “none”" in filed.told()[4]


def test_a_column_that_would_switch_automations_on_is_not_read(business, brought):
    filed = brought("email,do_not_contact\nada@example.org,no\n")

    assert filed.source.targets == ["email", ""]
