"""Broadcasts at the desk: written, looked at beforehand, sent and watched."""

import re
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from contacts import locks
from contacts.models import Contact
from contacts.models.pipeline import Pipeline, Status
from contacts.services import tags
from messaging.broadcasting import editing, queueing, sending
from messaging.models import Broadcast, Message
from tests.desk.conftest import connect
from tests.desk.test_pages import faults, too_wide
from tests.factories import MANAGER, STAFF, ContactFactory, block

FORM = {"name": "Flu season", "kind": "broadcast", "text": "Hello {{contact.first_name}}"}
NEW = "/admin/broadcasts/new/"
NOW = {"when": "now"}


@pytest.fixture
def people(clinic):
    connect(clinic.business)
    ada, bea = (ContactFactory(business=clinic.business, first_name=name) for name in ("Ada", "Bea"))
    tags.edit(business=clinic.business, contact=ada.pk, by=STAFF, add_names=["vip"])
    block(bea, "sms", "email")
    return ada, bea


@pytest.fixture
def draft(clinic, people):
    data = {"name": "Flu season", "text": "Hello", "email_subject": "Flu", "email_body": "Hello"}
    return editing.create(business=clinic.business, data=data, by=MANAGER)


def address(broadcast, part=""):
    return f"/admin/broadcasts/{broadcast.pk}/{part}"


def test_a_new_broadcast_is_saved_and_leads_to_what_it_would_come_to(signed_in, people):
    answer = signed_in("manager").post(NEW, FORM | {"tag": "vip", "dnd_state": "off"})

    made = Broadcast.objects.get()
    assert answer["Location"] == address(made, "preview/")
    assert (made.audience, made.text) == ({"tag": "vip", "dnd_state": "off"}, "Hello {{contact.first_name}}")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": ""}, "Write at least one of text, call and email"),
        ({"text": "  "}, "nothing but blanks"),
        ({"email_subject": "Flu", "email_body": " "}, "nothing but blanks"),
        ({"text": "{{contact.shoe_size}}"}, "Unknown variable contact.shoe_size"),
        ({"email_body": "Hello"}, "An email needs a subject."),
        (
            {"kind": "campaign", "window_opens": "17:00", "window_closes": "09:00"},
            "closes later on the same day",
        ),
        ({"kind": "campaign", "per_minute": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_sent_is_said_at_its_field_and_nothing_is_kept(signed_in, people, change, says):
    answer = signed_in("manager").post(NEW, FORM | change)

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Broadcast.objects.exists()


def test_what_only_a_campaign_has_is_left_out_of_a_broadcast(signed_in, people):
    signed_in("manager").post(
        NEW, FORM | {"per_minute": "5", "window_opens": "09:00", "window_closes": "10:00"}
    )

    made = Broadcast.objects.get()
    assert (made.per_minute, made.window_opens) == (None, None)


def test_the_audience_is_counted_while_it_is_chosen(signed_in, people):
    page = signed_in("manager").get("/admin/broadcasts/count/", {"tag": "vip"}).content.decode()

    assert "<strong>1</strong> contact is in this audience" in page


def test_the_preview_says_who_gets_what_and_links_to_examples(signed_in, draft, people):
    page = signed_in("staff").get(address(draft, "preview/")).content.decode()

    assert "1 of 2 would get it" in page
    assert "DND is active for SMS" in page
    for one in people:
        assert f"/admin/contacts/contact/{one.pk}/change/" in page


def test_the_preview_says_when_a_closed_window_opens(signed_in, clinic, draft):
    zone = ZoneInfo(clinic.business.timezone)
    opens = 15 if locks.now().astimezone(zone).hour < 12 else 3
    times = {"window_opens": time(opens), "window_closes": time(opens, 30)}
    editing.update(broadcast=draft, data={"kind": "campaign"} | times, by=MANAGER)
    page = signed_in("staff").get(address(draft, "preview/")).content.decode()

    assert re.search(rf"get a text, once the daily window opens: \d+ \w+ \d+, 0?{opens}:00", page)


@pytest.mark.parametrize("lost", [False, True])
def test_an_audience_of_nobody_is_said_at_once_and_cannot_be_sent_to(signed_in, clinic, draft, people, lost):
    if lost:
        pipeline = Pipeline.objects.create(business=clinic.business, name="Leads")
        status = Status.objects.create(pipeline=pipeline, name="Lost", system_status="dead")
        Contact.objects.filter(business=clinic.business).update(status=status)
    else:
        editing.update(broadcast=draft, data={"audience": {"search": "nobody has it"}}, by=MANAGER)
    client = signed_in("manager")

    for answer in (client.get(address(draft, "preview/")), client.post(address(draft, "preview/"), NOW)):
        page = answer.content.decode()
        assert "Nobody is in this audience" in page
        assert ("2 fit the filters, and are left out" in page) is lost
        assert "can be reached" not in page
        assert "Send to 0" not in page
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_large_audience_is_counted_once_the_page_is_there(signed_in, draft, monkeypatch):
    monkeypatch.setattr("config.desk.broadcasts.views.AT_ONCE", 1)
    client = signed_in("manager")
    assert "Looking at 2 contacts" in client.get(address(draft, "preview/")).content.decode()
    assert "1 of 2 would get it" in client.post(address(draft, "outcomes/")).content.decode()
    assert "1 of 2 would get it" in client.get(address(draft, "preview/?count=1")).content.decode()


@pytest.fixture
def one_at_a_time(monkeypatch):
    """Counts one contact in a request."""
    monkeypatch.setattr("config.desk.broadcasts.views.AT_ONCE", 0)
    monkeypatch.setattr("config.desk.broadcasts.counting.SECONDS", 0)
    monkeypatch.setattr("messaging.broadcasting.previewing.BATCH", 1)


def go_on(client, draft, page):
    found = re.search('name="so_far" value="([^"]*)"', page)
    return client.post(address(draft, "outcomes/"), {"so_far": found.group(1)}).content.decode()


def test_a_large_audience_is_counted_in_parts_and_comes_to_the_same(signed_in, draft, one_at_a_time):
    client = signed_in("manager")
    page = client.get(address(draft, "preview/")).content.decode()
    first = go_on(client, draft, page)
    second = go_on(client, draft, first)
    ended = go_on(client, draft, second)

    assert ("1 of them so far" in first, "2 of them so far" in second) == (True, True)
    at_once = client.get(address(draft, "preview/?count=1")).content.decode()
    assert " ".join(ended.split()) in " ".join(at_once.split())


def test_what_was_counted_for_another_text_or_is_not_ours_begins_again(signed_in, draft, one_at_a_time):
    client = signed_in("manager")
    first = go_on(client, draft, client.get(address(draft, "preview/")).content.decode())
    editing.update(broadcast=draft, data={"text": "Another"}, by=MANAGER)

    assert "1 of them so far" in go_on(client, draft, first)
    for made_up in ("x", "W10:1:x", "\0"):
        answer = client.post(address(draft, "outcomes/"), {"so_far": made_up})
        assert "1 of them so far" in answer.content.decode()


def test_it_is_sent_at_a_time_on_the_clock_of_the_business(signed_in, clinic, draft):
    clinic.business.timezone = "America/Los_Angeles"
    clinic.business.save()
    client = signed_in("manager")
    refused = client.post(address(draft, "preview/"), {"when": "later", "at": "2020-01-01T09:00"})
    assert "in the past" in refused.content.decode()

    client.post(address(draft, "preview/"), {"when": "later", "at": "2126-06-01T09:00"})
    draft.refresh_from_db()
    assert (draft.state, draft.send_at.hour) == ("scheduled", 16)


def test_it_is_sent_paused_resumed_and_cancelled(signed_in, draft):
    client = signed_in("manager")
    for part, state in (
        ("preview/", "sending"),
        ("pause/", "paused"),
        ("resume/", "sending"),
        ("stop/", "cancelled"),
    ):
        client.post(address(draft, part), {"when": "now"})
        draft.refresh_from_db()
        assert draft.state == state


def test_a_draft_is_thrown_away_and_what_was_sent_stays(signed_in, draft):
    client = signed_in("manager")
    assert "Throw “Flu season” away?" in client.get(address(draft, "stop/")).content.decode()
    client.post(address(draft, "stop/"))
    assert not Broadcast.objects.exists()


def test_staff_see_all_of_it_and_may_change_none(signed_in, clinic, draft):
    staff = signed_in("staff")
    assert "A manager can change it and send it." in staff.get(address(draft)).content.decode()
    assert "New broadcast" not in staff.get("/admin/messaging/broadcast/").content.decode()
    for method, path in (
        ("get", NEW),
        ("post", NEW),
        ("post", address(draft, "preview/")),
        ("post", address(draft, "stop/")),
    ):
        assert getattr(staff, method)(path, {"when": "now"}).status_code == 403, path
    draft.refresh_from_db()
    assert draft.state == "draft"
    sending.send(broadcast=draft, by=MANAGER)
    assert "are through" in staff.get(address(draft)).content.decode()
    for part in ("pause/", "resume/"):
        assert staff.post(address(draft, part)).status_code == 403


def test_how_fast_a_connection_goes_is_set_on_its_page(signed_in, clinic, people):
    sms = clinic.business.connections.get(channel="sms")
    client = signed_in("enterprise")
    client.post(f"/admin/connections/{sms.pk}/pace/", {"messages": "10", "per": "second"})
    assert "at most 10 messages a second" in client.get(f"/admin/connections/{sms.pk}/").content.decode()

    client.post(f"/admin/connections/{sms.pk}/pace/", {"messages": "", "per": "second"})
    assert "as fast as it goes" in client.get(f"/admin/connections/{sms.pk}/").content.decode()


def test_broadcasts_of_another_business_are_not_there(signed_in, elsewhere):
    theirs = editing.create(business=elsewhere.business, data={"name": "Theirs", "text": "Hi"}, by=MANAGER)
    client = signed_in("enterprise")
    for part in ("", "preview/", "progress/", "stop/"):
        assert client.get(address(theirs, part)).status_code == 404
    for part in ("", "preview/", "outcomes/", "pause/", "resume/", "stop/"):
        assert client.post(address(theirs, part), FORM).status_code == 404
    assert "Theirs" not in client.get("/admin/messaging/broadcast/").content.decode()


def test_its_messages_say_so_in_their_list_and_in_the_history_of_the_contact(signed_in, draft, people):
    sending.send(broadcast=draft, by=MANAGER)
    queueing.queue_due()
    client = signed_in("staff")

    listed = client.get(f"/admin/messaging/message/?broadcast={draft.pk}&state=dropped").content.decode()
    assert address(draft) in listed
    assert "Bea" in listed
    assert "Ada" not in listed
    history = client.get(f"/admin/contacts/contact/{people[1].pk}/change/").content.decode()
    assert "Broadcast “Flu season”: SMS not sent" in history


@pytest.mark.browser
@pytest.mark.timeout(300)
class TestInABrowser:
    def test_from_the_empty_list_to_the_last_message(self, desk, clinic, people):
        at = desk("manager")
        page = at.open("/admin/messaging/broadcast/")
        expect(page.get_by_text("No broadcasts yet")).to_be_visible()
        page.get_by_role("link", name="New broadcast").first.click()

        page.get_by_label("Name", exact=True).fill("Flu season")
        page.get_by_label("Tag").select_option("vip")
        expect(page.locator("#audience-count")).to_contain_text("1 contact is in this audience")
        page.get_by_label("Tag").select_option("")
        expect(page.locator("#audience-count")).to_contain_text("2 contacts are in this audience")
        page.get_by_label("Text message").fill("Hello {{contact.first_name}}")
        page.get_by_role("button", name="Save, and see").click()

        expect(page.get_by_role("heading", name="1 of 2 would get it")).to_be_visible()
        assert faults(page) == []
        page.get_by_role("button", name="Send to 1 contact").click()
        expect(page.get_by_role("heading", name="0 of 2 are through")).to_be_visible()

        queueing.queue_due()
        expect(page.get_by_role("heading", name="1 of 2 are through")).to_be_visible()
        expect(page.get_by_role("heading", name="Why some got nothing")).to_be_visible()
        assert faults(page) == []
        Message.objects.filter(state="queued").update(
            state="sent", called_at=locks.now(), settled_at=locks.now(), decided_version=0
        )
        Broadcast.objects.update(due_at=locks.now())
        queueing.queue_due()
        Broadcast.objects.update(due_at=locks.now() - timedelta(seconds=1))
        queueing.queue_due()
        expect(page.get_by_text("Finished")).to_be_visible()

    @pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
    def test_a_large_audience_is_seen_to_be_counted(self, desk, draft, one_at_a_time, width, scheme):
        at = desk("manager", width=width)
        at.page.emulate_media(color_scheme=scheme)
        waiting = []

        def hold_the_second(route):
            waiting.append(route)
            if len(waiting) != 2:
                route.continue_()

        at.page.route("**/outcomes/", hold_the_second)
        page = at.open(address(draft, "preview/"))

        expect(page.get_by_text("1 of them so far.")).to_be_visible()
        assert faults(page) == []
        assert not too_wide(page)
        waiting[1].continue_()
        expect(page.get_by_role("heading", name="1 of 2 would get it")).to_be_visible()

    @pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
    def test_every_page_is_accessible_and_fits(self, desk, clinic, draft, width, scheme):
        sent = editing.create(business=clinic.business, data={"name": "Sent", "text": "Hi"}, by=MANAGER)
        sending.send(broadcast=sent, by=MANAGER)
        queueing.queue_due()
        at = desk("manager", width=width)
        at.page.emulate_media(color_scheme=scheme)
        pages = ["/admin/messaging/broadcast/", NEW, address(draft), address(draft, "preview/"),
                 address(draft, "stop/"), address(sent), address(sent, "stop/")]  # fmt: skip
        for path in pages:
            page = at.open(path)
            assert page.locator("h1").count() == 1, path
            assert faults(page) == [], path
            assert not too_wide(page), path
