"""The conversation on a contact's page, writing into it, and why something in it was not sent."""

import pytest
from playwright.sync_api import expect

from compliance.services import profiles
from contacts import locks
from contacts.services import tags, work
from dnd import services as dnd
from messaging import services as messaging
from messaging.models import Message
from messaging.services import explaining
from tests.desk.conftest import connect
from tests.desk.test_pages import faults, too_wide
from tests.factories import ENTERPRISE, STAFF, ContactFactory, block
from tests.workflows import building

ONE = "/admin/contacts/contact/"


@pytest.fixture
def contact(clinic):
    connect(clinic.business)
    return ContactFactory(business=clinic.business)


def received(contact, body: str) -> Message:
    return Message.objects.create(
        business=contact.business, contact=contact, direction="inbound", channel="sms", message_class="manual",
        lane="interactive", to="+14155550199", body=body, state="received", source="contact",
        due_at=locks.now(), expires_at=locks.now(), created_at=locks.now(),
    )  # fmt: skip


@pytest.fixture
def lively(contact):
    """Something of every kind: a text in, one out, one not sent by a workflow, a note, a task, a tag, DND changes."""
    received(contact, "Can I come on Tuesday?")
    messaging.send_manual(
        business=contact.business, contact=contact.pk, channel="sms", body="Of course.", by=STAFF
    )
    block(contact, "sms", reason="user_request")
    building.enroll(building.flow(contact.business, building.SMS, name="Reminder"), contact)
    building.work()
    work.create_tasks(contact.business_id, [(contact.pk, "Call back", None, "Sam")])
    tags.edit(business=contact.business, contact=contact.pk, by=STAFF, add_names=["vip"])
    return contact


SHOWN = {
    "": [
        "Can I come",
        "Of course.",
        "DND enabled by user for SMS",
        "Call back",
        "Tag “vip” added",
        "Entered workflow",
    ],
    "messages": ["Can I come", "Of course.", "step skipped"],
    "dnd": ["DND enabled by user for SMS"],
    "work": ["Call back"],
    "workflows": ["Entered workflow"],
    "rest": ["Tag “vip” added"],
}


@pytest.mark.parametrize("part", SHOWN)
def test_each_part_of_it_can_be_shown_alone(signed_in, lively, part):
    page = signed_in().get(f"{ONE}{lively.pk}/timeline/", {"show": part}, headers={"HX-Request": "true"})
    text = page.content.decode()
    for word in SHOWN[""] + SHOWN["messages"]:
        assert (word in text) == (part == "" or word in SHOWN[part]), word
    assert "Partial" in text


def test_a_part_that_there_is_not_is_404(signed_in, contact):
    assert signed_in().get(f"{ONE}{contact.pk}/timeline/", {"show": "nonsense"}).status_code == 404


def test_one_part_is_read_to_its_end_with_load_earlier(signed_in, contact):
    for n in range(60):
        received(contact, f"Text {n}.")
        if n % 2:
            tags.edit(business=contact.business, contact=contact.pk, by=STAFF, add_names=[f"t{n}"])
    client, where, seen = signed_in(), f"{ONE}{contact.pk}/timeline/?show=messages", []
    while where:
        answer = client.get(where, headers={"HX-Request": "true"})
        seen += [line.item.message.body for day in answer.context["days"] for line in day["lines"]]
        where = answer.context["more"]
    assert seen == [f"Text {n}." for n in reversed(range(60))]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_it_reads_as_a_conversation_and_says_why_something_was_not_sent(desk, lively, width):
    page = desk("staff", width=width).contact(lively)
    talk = page.locator("#timeline")
    expect(talk.locator(".is-theirs")).to_contain_text("Can I come on Tuesday?")
    expect(talk.locator(".is-centred")).to_contain_text("DND enabled by user for SMS")
    expect(page.locator("#conversation-state")).to_contain_text("Partial: SMS blocked")

    talk.get_by_role("link", name="Why was this not sent?").click()
    why = talk.locator(".why")
    expect(why).to_contain_text("Is DND active on the channel?")
    expect(why.locator(".is-spoken")).to_contain_text("SMS: asked us, set by user")
    expect(why).to_contain_text("would decide")
    assert faults(page) == []
    assert not too_wide(page)

    talk.get_by_role("link", name="DND", exact=True).click()
    expect(talk.locator(".is-theirs")).to_have_count(0)
    expect(talk.get_by_role("link", name="DND", exact=True)).to_have_attribute("aria-current", "true")


@pytest.mark.django_db
def test_why_says_what_was_then_and_what_is_now(signed_in, lively):
    message = Message.objects.get(contact=lively, state="dropped")
    wish = dnd.Wish(outbound={"sms": False})
    dnd.change_one(business=lively.business, contact=lively.pk, wish=wish, by=ENTERPRISE)

    explanation = explaining.explain(message)

    rules = {rule.name: rule for rule in explanation.rules}
    assert [name for name, rule in rules.items() if rule.spoke] == ["dnd"]
    assert rules["dnd"].then.startswith("SMS: asked us, set by user, since ")
    assert (rules["dnd"].now, rules["address"].then) == ("No", lively.points.get(kind="phone").value)
    assert list(rules) == list(explaining.QUESTIONS)
    assert explanation.now.rule == "clear"
    page = signed_in().get(f"/admin/messages/{message.pk}/why/").content.decode()
    assert "nothing stands against a message like this" in page


def test_why_of_a_message_in_another_business_is_not_there(signed_in, elsewhere):
    connect(elsewhere.business)
    theirs = ContactFactory(business=elsewhere.business)
    messaging.send_manual(business=theirs.business, contact=theirs.pk, channel="sms", body="Hi", by=STAFF)
    assert signed_in().get(f"/admin/messages/{Message.objects.get().pk}/why/").status_code == 404


# --- writing ---


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_composer_counts_and_shows_what_is_added_while_one_writes(desk, clinic, contact, width):
    profiles.update(
        business=clinic.business,
        data={"sms_opt_out": True, "sms_opt_out_text": "Reply STOP to opt out."},
        by=ENTERPRISE,
    )
    block(contact, "email")
    page = desk("staff", width=width).contact(contact)
    form = page.locator("#message")
    expect(form).to_contain_text("Cannot send the message: DND is active for Email.")
    expect(form).to_contain_text("You can write by SMS.")

    form.get_by_label("Message", exact=True).fill("Hello {{contact.first_name}}")
    expect(form.locator(".message-whole")).to_contain_text("Hello Ada")
    expect(form.locator(".message-whole")).to_contain_text("Reply STOP to opt out.")
    expect(form.locator(".message-count")).to_contain_text("1 SMS segment (GSM-7)")

    form.get_by_label("Message", exact=True).fill("Grüße 🙂 " + "a" * 80)
    expect(form.locator(".message-count")).to_contain_text("2 SMS segments (UCS-2)")
    expect(form.locator(".message-count")).to_contain_text("because of “🙂”")
    assert faults(page) == []
    assert not too_wide(page)

    form.get_by_label("Message", exact=True).fill("Hello {{contact.frst_name}}")
    expect(form.locator("#message-preview")).to_contain_text("contact.frst_name")


@pytest.mark.parametrize(("channel", "added"), [("sms", "Reply STOP"), ("email", "https://…")])
def test_the_preview_is_what_leaves(signed_in, clinic, contact, channel, added):
    data = {"channel": channel, "subject": "News", "body": "Hello {{contact.first_name}}"}
    shown = signed_in().post(f"{ONE}{contact.pk}/message/preview/", data, headers={"HX-Request": "true"})
    whole = shown.context["preview"].whole
    assert added in whole

    signed_in().post(f"{ONE}{contact.pk}/message/", data)
    message = Message.objects.get()
    assert (message.body, message.state) == ("Hello Ada", "queued")
    assert whole.startswith(message.body)


@pytest.mark.parametrize(
    "data", [{}, {"channel": "fax", "body": "x"}, {"channel": "sms", "body": "{{"}, {"body": "\0"}]
)
def test_odd_previews_are_answered(signed_in, contact, data):
    for headers in ({}, {"HX-Request": "true"}):
        answer = signed_in().post(f"{ONE}{contact.pk}/message/preview/", data, headers=headers)
        assert answer.status_code == 200
    assert not Message.objects.exists()


def test_without_javascript_the_preview_is_a_page(signed_in, contact):
    data = {"channel": "sms", "body": "Hello"}
    page = signed_in().post(f"{ONE}{contact.pk}/message/preview/", data).content.decode()
    assert "As it will arrive" in page
    assert "Hello</textarea>" in page
