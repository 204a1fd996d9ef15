"""A message from a person to a contact."""

import pytest

from compliance.models import Profile, Told
from contacts import locks
from contacts.models import Contact
from contacts.services.errors import Invalid, RoleRequired
from messaging import services as messaging
from messaging.models import Connection, Message
from messaging.services import NotSent
from tests.factories import STAFF, ContactFactory, block

pytestmark = pytest.mark.django_db


def send(contact, **fields):
    fields = {"channel": "sms", "body": "Hi {{ contact.first_name }}", "by": STAFF} | fields
    return messaging.send_manual(business=contact.business, contact=contact.pk, **fields)


def test_it_is_filled_in_and_queued(contact):
    body = "Hi {{contact.first_name}} {{contact.phone}}, {{user.name}} of {{business.name}}"

    message = send(contact, body=body, user_name="Sam")

    number = contact.points.get(kind="phone").value
    assert message.body == f"Hi Ada {number}, Sam of {contact.business.name}"
    assert (message.state, message.message_class, message.actor) == ("queued", "manual", "Sam Staff")


def test_dnd_refuses_it_and_nothing_is_written(contact):
    block(contact, "sms")

    with pytest.raises(NotSent) as refused:
        send(contact)

    assert str(refused.value) == "Cannot send the message: DND is active for SMS."
    assert refused.value.code == "dnd_active"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda c: c.points.filter(kind="phone").delete(), "no_address"),
        (lambda c: c.points.filter(kind="phone").update(line_type="landline"), "no_address"),
        (lambda c: Connection.objects.filter(channel="sms").delete(), "no_connection"),
    ],
)
def test_every_other_refusal_has_its_reason_for_a_code(contact, prepare, code):
    prepare(contact)

    with pytest.raises(NotSent) as refused:
        send(contact)

    assert refused.value.code == code
    assert str(refused.value).startswith("Cannot send the message: ")


def test_while_the_channel_is_disconnected_it_is_held(contact):
    Connection.objects.update(state="disconnected")

    assert send(contact).state == "held"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"body": "  "}, "body"),
        ({"body": "{{ contact.nickname }}"}, "body"),
        ({"body": "{% if %}"}, "body"),
        ({"body": "x" * 1601}, "body"),
        ({"body": "a\0b"}, "body"),
        ({"channel": "email", "subject": " "}, "subject"),
        ({"channel": "email", "subject": "{{ x }}"}, "subject"),
        ({"channel": "email", "subject": "a\nb"}, "subject"),
        ({"channel": "sms", "subject": "Hello"}, "subject"),
    ],
)
def test_bad_input_names_its_field(contact, fields, field):
    with pytest.raises(Invalid) as caught:
        send(contact, **fields)

    assert list(caught.value.errors) == [field]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"body": "{{contact.first_name}}"}, "body"),
        ({"body": " {{ contact.first_name | upcase }} "}, "body"),
        ({"channel": "email", "subject": "{{contact.first_name}}", "body": "Hello"}, "subject"),
    ],
)
def test_what_comes_out_empty_for_the_contact_is_refused_and_not_written(contact, fields, field):
    Contact.objects.filter(pk=contact.pk).update(first_name="")

    with pytest.raises(Invalid, match="comes out empty") as caught:
        send(contact, **fields)

    assert list(caught.value.errors) == [field]
    assert not Message.objects.exists()


ADDED = len("\nHarbor Clinic. Reply STOP to unsubscribe.")


@pytest.mark.parametrize(
    ("body", "told", "has"),
    [
        ("x" * 1600, False, 1600 + ADDED),
        ("x" * (1600 - ADDED), False, 0),
        ("x" * 1600, True, 0),
        ("x" * 1500 + "{{contact.first_name}}", True, 1700),
    ],
)
def test_it_has_to_fit_with_all_that_is_filled_in_and_added(contact, body, told, has):
    business = contact.business
    business.name = "Harbor Clinic"
    business.save()
    Profile.objects.filter(business=business).delete()
    Contact.objects.filter(pk=contact.pk).update(first_name="A" * 200)
    if told:
        Told.objects.create(contact=contact, channel="sms", at=locks.now())

    if not has:
        assert send(contact, body=body).state == "queued"
        return
    with pytest.raises(Invalid, match=f"this has {has:,} characters, and 1,600 fit") as caught:
        send(contact, body=body)
    assert list(caught.value.errors) == ["body"]
    assert not Message.objects.exists()


def test_a_contact_of_another_business_does_not_exist(contact):
    with pytest.raises(Contact.DoesNotExist):
        messaging.send_manual(
            business=contact.business, contact=ContactFactory().pk, channel="sms", body="Hi", by=STAFF
        )


def test_nobody_without_a_role_sends(contact):
    with pytest.raises(RoleRequired):
        send(contact, by=STAFF.__class__("user", "Nobody", None))
