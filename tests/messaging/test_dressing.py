"""What compliance adds at the door: once, kept as it was sent, and remembered only when it may have arrived."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from compliance import texts
from compliance.models import FeedbackEvent, LinkToken, Profile, Told
from compliance.services import links, profiles
from contacts import locks
from contacts.models import ContactPoint
from dnd.models import Ground
from messaging.api.messages import MessageOut
from messaging.delivery import dressing
from messaging.feedback import metadata, working
from messaging.models import Message
from messaging.providers import smtp
from messaging.providers.base import Letter, Lost, NotTaken, Refused
from tests.factories import ENTERPRISE, ContactFactory
from tests.messaging.conftest import deliver, make_due, queue

pytestmark = pytest.mark.django_db
STOP = "Reply STOP to unsubscribe."


@pytest.fixture
def adding(business):
    """The business as it is when it never changed anything."""
    Profile.objects.filter(business=business).delete()
    business.address = "1 Main Street"
    business.save()
    return business


def sent(contact, provider, **fields):
    queue(contact, **fields)
    deliver()
    return provider.letters[-1]


def test_the_first_text_says_how_to_opt_out_and_the_next_does_not(adding, contact, provider):
    first, second = (sent(contact, provider, body="See you at nine").body for _ in range(2))
    assert first == f"See you at nine\n{adding.name}. {STOP}"
    assert second == "See you at nine"
    bodies = [MessageOut(message).data["body"] for message in Message.objects.order_by("pk")]
    assert bodies == [first, second]
    assert Message.objects.earliest("pk").body == "See you at nine"


def test_another_contact_is_told_too_and_the_same_one_again_after_the_days(adding, contact, provider):
    sent(contact, provider)
    assert STOP in sent(ContactFactory(business=adding), provider).body
    Told.objects.update(at=locks.now() - timedelta(days=31))
    assert STOP in sent(contact, provider).body
    profiles.update(business=adding, data={"sms_repeat": "every"}, by=ENTERPRISE)
    assert STOP in sent(contact, provider).body


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Refused("21610", "opted out"), False),
        (NotTaken("20429", "too many"), False),
        (Lost("no_answer", "gone"), True),
    ],
)
def test_a_contact_counts_as_told_only_if_it_may_have_arrived(adding, contact, provider, answer, told):
    provider.always(answer)
    queue(contact)
    deliver()
    assert Told.objects.filter(contact=contact).exists() == told


def test_a_text_that_is_tried_again_is_dressed_anew_and_not_twice(adding, contact, provider):
    provider.always(NotTaken("20429", "too many"))
    queue(contact, body="Hello")
    for _ in range(3):
        deliver()
        make_due()
    assert {letter.body.count("STOP") for letter in provider.letters} == {1}
    assert Message.objects.get().sent_body == provider.letters[-1].body


def test_a_text_that_teaches_it_itself_is_left_alone_and_counts(adding, contact, provider):
    assert sent(contact, provider, body="Text STOP to leave").body == "Text STOP to leave"
    assert Message.objects.get().sent_body == ""
    assert sent(contact, provider, body="Hello").body == "Hello"


@pytest.mark.parametrize("message_class", ["automation", "manual", "broadcast", "campaign"])
def test_every_email_carries_a_working_link_once_and_both_headers(
    adding, contact, provider, message_class, client
):
    queue(contact, channel="email", body="Dear Ada", message_class=message_class)
    deliver("bulk" if message_class in ("broadcast", "campaign") else "interactive")
    (letter,) = provider.letters
    (link,) = re.findall(r"http\S+/u/\S+", letter.body)
    assert letter.headers == texts.email_headers(link)
    assert adding.name in letter.body
    assert "1 Main Street" in letter.body

    token = LinkToken.objects.get()
    assert (token.contact_id, token.address, token.message) == (contact.pk, letter.to, letter.message)
    shown = Message.objects.get().sent_body
    assert "Dear Ada" in shown
    assert link.rsplit("/", 1)[1] not in shown
    client.post(link.removeprefix("http://127.0.0.1:8000"), {"List-Unsubscribe": "One-Click"})
    assert Ground.objects.get(contact=contact).reason == "email_unsubscribe"


def test_with_everything_switched_off_the_headers_stay(contact, provider):
    letter = sent(contact, provider, channel="email", body="Dear Ada")
    assert letter.body == "Dear Ada"
    assert set(letter.headers) == {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert Message.objects.get().sent_body == ""


@pytest.mark.parametrize("message_class", ["broadcast", "campaign"])
def test_an_email_to_many_names_the_postal_address_whatever_is_switched_off(contact, provider, message_class):
    queue(contact, channel="email", body="Dear Ada", message_class=message_class)
    deliver("bulk")
    (letter,) = provider.letters
    assert letter.body == "Dear Ada\n\n-- \n1 Main Street, Springfield\n"


@pytest.mark.parametrize("message_class", ["broadcast", "campaign"])
def test_without_a_postal_address_an_email_to_many_is_not_sent(business, contact, provider, message_class):
    message = queue(contact, channel="email", message_class=message_class)
    text = queue(contact, channel="sms", message_class=message_class)
    business.address = " "
    business.save()
    deliver("bulk")
    for one in (message, text):
        one.refresh_from_db()
    assert (message.state, message.rule, message.reason) == ("dropped", "template", "no_postal_address")
    assert "Business Profile" in message.detail
    assert text.state == "sent"
    assert len(provider.letters) == 1


@pytest.mark.parametrize(
    ("fields", "left", "fits"),
    [
        ({"body": "x" * 1600}, 1600, False),
        ({"body": "x" * 1550}, 1550, True),
        ({"body": "Text STOP to leave." + "x" * 1581}, 1600, True),
        ({"body": "x" * 1601, "message_class": "automation"}, 1601, False),
        ({"body": "x" * 2000, "channel": "email"}, 2000, True),
    ],
)
def test_what_is_too_long_with_what_is_added_is_dropped_and_says_by_how_much(
    adding, contact, provider, fields, left, fits
):
    message = queue(contact, **{"message_class": "manual"} | fields)
    deliver()
    message.refresh_from_db()
    assert message.state == ("sent" if fits else "dropped")
    assert len(provider.letters) == fits
    if not fits:
        whole = left + len(f"\n{adding.name}. {STOP}")
        assert (message.rule, message.reason) == ("template", "too_long")
        assert message.detail.endswith(
            f"this has {whole:,} characters, and 1,600 fit: shorten it by {whole - 1600}."
        )
        assert (message.sent_body, Told.objects.exists()) == ("", False)


def test_a_gateway_of_the_business_says_for_itself_what_is_too_long(adding, contact, provider):
    adding.connections.filter(channel="sms").update(driver="http")
    assert sent(contact, provider, body="x" * 1600).body.endswith(STOP)


def test_a_link_is_for_the_address_that_it_went_to(adding, contact, provider):
    queue(contact, channel="email")
    ContactPoint.objects.filter(contact=contact, kind="email").update(value="new@example.org")
    deliver()
    assert LinkToken.objects.get().address == provider.letters[0].to == "new@example.org"


def test_without_what_has_to_be_added_nothing_leaves_and_others_do(adding, contact, provider, monkeypatch):
    def broken(body, *args, **kwargs):
        if body == "Broken":
            raise RuntimeError
        return texts.Sms(body, told=False)

    monkeypatch.setattr(dressing.texts, "sms", broken)
    held = queue(contact, body="Broken")
    queue(ContactFactory(business=adding), body="Hello")
    deliver()
    held.refresh_from_db()
    assert (held.state, held.rule) == ("held", "error")
    assert provider.bodies == ["Hello"]


@pytest.mark.parametrize("esp", [*metadata.HEADERS, ""])
def test_an_email_goes_over_the_wire_with_its_headers_whole(esp):
    link = links.unsubscribe_url("x" * 80)
    letter = Letter(123, 7, "ada@example.org", "Grüße", f"Dear Ada\n{link}", texts.email_headers(link))
    raw = smtp.compose(letter, "clinic@example.org", "<id@x>", metadata.headers(esp, 123))
    assert f"List-Unsubscribe: <{link}>\r\n".encode() in raw
    read = message_from_bytes(raw, policy=policy.default)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Subject"] == "Grüße"
    assert read.get_content().split() == ["Dear", "Ada", link]
    ours = [value for name, value in read.items() if name in metadata.headers(esp, 1)]
    assert len(ours) == bool(esp)
    assert all("123" in value for value in ours)


def test_a_header_that_is_more_than_a_line_is_no_email():
    letter = Letter(1, 7, "ada@example.org", "Hi", "Hi", {"X-A": "b\r\nBcc: eve@example.org"})
    with pytest.raises(ValueError, match="one line"):
        smtp.compose(letter, "clinic@example.org", "<id@x>")


@pytest.mark.parametrize(
    ("said", "bounced"),
    [
        ("550 5.1.1 No such user", True),
        ("550-5.1.1 The email account that you tried to reach does not exist", True),
        ("550 5.7.1 Blocked", False),
        ("550 15.1.10 odd", False),
    ],
)
def test_no_such_mailbox_at_sending_is_a_hard_bounce(contact, provider, said, bounced):
    provider.always(Refused("smtp:550", f"The email server refused it: {said}"))
    message = queue(contact, channel="email")
    deliver()
    working.work_due()
    message.refresh_from_db()
    assert message.state == "failed"
    assert FeedbackEvent.objects.filter(esp="smtp", kind="hard_bounce").exists() == bounced
    assert Ground.objects.filter(contact=contact, reason="email_bounce").exists() == bounced
