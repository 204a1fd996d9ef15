"""The preference page: what it shows, what it saves, and what it does not touch."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from compliance.services import choices, links
from compliance.services.links import LinkFor
from contacts.actors import Actor
from contacts.services import people
from dnd import services as dnd
from dnd import verification
from dnd.models import Change, Ground, Suppression
from tests.factories import MANAGER, STAFF, ContactFactory, block

pytestmark = pytest.mark.django_db
CHANNELS = {"call", "sms", "email", "whatsapp", "facebook", "gmb"}
PROVIDER = Actor.provider("Twilio")


@pytest.fixture
def contact():
    return ContactFactory(email="ada@example.org", phone="+14155550100", timezone="America/Los_Angeles")


@pytest.fixture
def path(contact):
    wanted = LinkFor(contact.business_id, contact.pk, "email", "ada@example.org", 7)
    return f"/p/{links.issue([wanted])[0]}"


def grounds(contact):
    return set(Ground.objects.filter(contact=contact).values_list("channel", "reason"))


def save(client, path, **channels):
    """What is on this page in radio buttons is saved with what it shows now, as a browser does."""
    page = client.get(path).content.decode()
    return client.post(path, {"do": "save", **shown_on(page), **channels}).content.decode()


def shown_on(page):
    return dict(re.findall(r'name="(was_\w+)" value="(\w+)"', page))


def test_a_get_shows_every_channel_and_changes_nothing(client, contact, path):
    page = client.get(path).content.decode()
    for name in (
        "Phone calls",
        "Text messages",
        "Email",
        "WhatsApp",
        "Facebook Messenger",
        "Google Business",
    ):
        assert name in page
    assert page.count(" checked") == 6
    assert not Change.objects.exists()


def test_turning_off_and_on_again_says_what_changed_and_is_in_effect(client, contact, path):
    page = save(client, path, sms="off", call="off", email="on")
    assert "This is what changed" in page
    assert grounds(contact) == {("sms", "preference_page"), ("call", "preference_page")}
    line = Change.objects.get()
    assert (line.source, line.actor, line.effective.at) == ("contact", "preference page", line.recorded_at)
    assert line.evidence[1] == "message:7"

    page = save(client, path, sms="on", call="off")
    assert grounds(contact) == {("call", "preference_page")}
    assert page.count("<li>Text messages") == 1

    assert "Nothing is different" in save(client, path, sms="on", call="off")
    assert verification.verify(contact=contact.pk).violations == []


def test_since_when_is_told_in_the_contacts_own_day(client, contact, path):
    block(contact, "sms")
    Ground.objects.update(since=datetime(2026, 3, 4, 3, tzinfo=UTC))
    page = client.get(path).content.decode()
    assert "Since March 3, 2026." in page
    assert "Desde el 3 de marzo de 2026." in client.get(f"{path}?lang=es").content.decode()


def test_what_staff_and_bounces_turned_off_the_contact_may_turn_on(client, contact, path):
    block(contact, "sms")
    dnd.change_address(
        business=contact.business,
        channel="email",
        address="ada@example.org",
        block=True,
        by=Actor.provider("SES"),
        reason="email_bounce",
    )
    save(client, path, sms="on", email="on")
    assert grounds(contact) == set()


@pytest.mark.parametrize("reason", ["stop_keyword", "carrier_blocked"])
def test_what_was_texted_is_lifted_only_by_texting_start(client, contact, path, reason):
    by = PROVIDER if reason == "carrier_blocked" else Actor.contact()
    dnd.change_address(
        business=contact.business, channel="sms", address="+14155550100", block=True, by=by, reason=reason
    )
    page = save(client, path, sms="on", call="off")
    assert grounds(contact) == {("sms", reason), ("call", "preference_page")}
    assert "text START" in page
    assert 'name="sms"' not in page


def test_a_link_frees_its_own_contact_of_a_pressed_key_and_nobody_elses_and_not_the_number(
    client, contact, path
):
    other = ContactFactory(business=contact.business, phone="+14155550100")
    dnd.change_address(
        business=contact.business,
        channel="call",
        address="+14155550100",
        block=True,
        by=Actor.contact("by Call"),
        reason="call_keypress",
    )
    sentence = "We do not call the number on which you asked for no more calls"
    assert sentence in client.get(path).content.decode()
    assert sentence in save(client, path, call="on")
    assert grounds(contact) == set()
    assert grounds(other) == {("call", "call_keypress")}
    assert Suppression.objects.in_force().get().reason == "call_keypress"
    assert verification.verify().violations == []


@pytest.mark.parametrize("reason", ["stop_keyword", "carrier_blocked", "free_text_opt_out"])
def test_what_is_texted_while_the_page_is_being_saved_stays(client, contact, path, monkeypatch, reason):
    """The word from the number comes after the page was read and before its lock is held."""
    block(contact, "sms", "email")
    by = PROVIDER if reason == "carrier_blocked" else Actor.contact()
    read = choices.read

    def read_and_then_text(link):
        found = read(link)
        dnd.change_address(
            business=contact.business, channel="sms", address="+14155550100", block=True, by=by, reason=reason
        )
        return found

    page = client.get(path).content.decode()
    monkeypatch.setattr(choices, "read", read_and_then_text)
    client.post(path, {"do": "save", **shown_on(page), "sms": "on", "email": "on"})
    assert grounds(contact) == {("sms", "user_request"), ("sms", reason)}
    assert Suppression.objects.in_force().get().reason == reason


def test_what_the_record_system_set_stays_and_the_rest_is_saved(client, contact, path):
    block(contact, "sms", reason="record_system", by=Actor("sync", "EHR"))
    page = save(client, path, sms="on", email="off")
    assert grounds(contact) == {("sms", "record_system"), ("email", "preference_page")}
    assert "Please ask us" in page


def test_stop_everything_stops_everything_also_what_is_off_for_a_lesser_reason(client, contact, path):
    block(contact, "sms")
    page = client.post(path, {"do": "stop"}).content.decode()
    assert {channel for channel, reason in grounds(contact) if reason == "preference_page"} == CHANNELS
    assert page.count("<li>") >= 5


@pytest.mark.parametrize(
    "said",
    [
        {"by": Actor.contact("unsubscribe link"), "reason": "email_unsubscribe"},
        {"by": PROVIDER, "reason": "email_complaint"},
        {"by": PROVIDER, "reason": "email_bounce"},
        {"by": MANAGER, "reason": "dnc_list"},
    ],
)
def test_a_page_left_open_takes_back_nothing_that_was_said_since(client, contact, path, said):
    page = client.get(path).content.decode()
    dnd.change_address(
        business=contact.business, channel="email", address="ada@example.org", block=True, **said
    )
    page = client.post(path, {"do": "save", **shown_on(page), "call": "off", "sms": "on", "email": "on"})
    assert grounds(contact) == {("email", said["reason"]), ("call", "preference_page")}
    assert "<li>Email" not in page.content.decode()


@pytest.mark.parametrize("shown", [{}, {"was_sms": ""}, {"was_sms": "on"}, {"was_sms": "nonsense"}])
def test_who_does_not_say_what_the_page_showed_turns_nothing_on(client, contact, path, shown):
    block(contact, "sms")
    client.post(path, {"do": "save", "sms": "on", **shown})
    assert grounds(contact) == {("sms", "user_request")}


def test_off_is_the_contacts_own_also_where_staff_had_turned_it_off(client, contact, path):
    page = client.get(path).content.decode()
    block(contact, "email", "sms")
    answer = client.post(path, {"do": "save", **shown_on(page), "email": "off"}).content.decode()
    assert ("email", "preference_page") in grounds(contact)
    assert "<li>Email" in answer

    client.post(path, {"do": "save", "sms": "off"})
    assert ("sms", "preference_page") in grounds(contact)


def test_saving_an_untouched_page_adds_no_reason(client, contact, path):
    block(contact, *CHANNELS)
    assert "Nothing is different" in save(client, path, **dict.fromkeys(CHANNELS, "off"))
    assert {reason for _, reason in grounds(contact)} == {"user_request"}


def test_what_the_page_showed_off_and_has_been_freed_since_is_turned_off_again(client, contact, path):
    block(contact, "sms")
    page = client.get(path).content.decode()
    dnd.change_one(
        business=contact.business, contact=contact.pk, wish=dnd.Wish(outbound={"sms": False}), by=STAFF
    )
    client.post(path, {"do": "save", **shown_on(page), "sms": "off"})
    assert grounds(contact) == {("sms", "preference_page")}


def test_everything_can_be_stopped_also_when_others_had_turned_it_all_off(client, contact, path):
    block(contact, *CHANNELS)
    assert 'value="stop"' in client.get(path).content.decode()
    page = client.post(path, {"do": "stop"}).content.decode()
    assert {channel for channel, reason in grounds(contact) if reason == "preference_page"} == CHANNELS
    assert page.count("You chose this here.") == 6


def test_a_pause_ends_when_its_day_begins_where_the_contact_is(client, contact, path):
    block(contact, "email")
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    page = client.post(path, {"do": "pause", "until": until.isoformat()}).content.decode()
    assert "Paused until" in page
    ends = Ground.objects.filter(reason="preference_page").values_list("channel", "ends_at")
    assert {channel for channel, _ in ends} == CHANNELS - {"email"}
    (moment,) = {ends_at for _, ends_at in ends}
    assert moment.isoformat() in (f"{until}T07:00:00+00:00", f"{until}T08:00:00+00:00")

    Ground.objects.filter(reason="preference_page").update(ends_at=datetime.now(UTC) - timedelta(seconds=1))
    dnd.end_due()
    assert grounds(contact) == {("email", "user_request")}


def test_a_paused_channel_can_be_turned_on_off_or_left(client, contact, path):
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    client.post(path, {"do": "pause", "until": until.isoformat()})
    save(client, path, sms="on", call="off", email="paused")
    ends = dict(Ground.objects.values_list("channel", "ends_at"))
    assert "sms" not in ends
    assert ends["call"] is None
    assert ends["email"]


@pytest.mark.parametrize("until", ["", "tomorrow", "2020-01-01", "9999-12-31", "2026-02-30", "20261231T00"])
def test_a_pause_needs_a_day_to_come(client, contact, path, until):
    response = client.post(path, {"do": "pause", "until": until})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"do": "nonsense"}, {"sms": "off"}, {"do": "save", "sms": "maybe", "fax": "off"}]
)
def test_a_form_that_did_not_arrive_whole_changes_nothing(client, contact, path, fields):
    assert client.post(path, fields).status_code in (200, 422)
    assert not Change.objects.exists()


def test_an_unknown_link_answers_as_if_it_had_been_saved_and_saves_nothing(client):
    path = "/p/" + "x" * 43
    assert "This is what changed" in save(client, path, sms="off")
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    assert "Paused until" in client.post(path, {"do": "pause", "until": until.isoformat()}).content.decode()
    assert not Change.objects.exists()


def test_a_deleted_contacts_page_shows_nothing_and_still_stops_the_address(client, contact, path):
    people.delete(contact=contact, by=STAFF)
    other = ContactFactory(business=contact.business, email="ada@example.org")
    page = client.get(path).content.decode()
    assert page.count(" checked") == 6
    client.post(path, {"do": "stop"})
    assert grounds(other) == {("email", "email_unsubscribe")}


def test_the_page_is_spanish_for_who_reads_spanish(client, path):
    page = client.get(path, headers={"Accept-Language": "es-MX"})
    assert page.headers["Content-Language"] == "es"
    assert '<html lang="es">' in page.content.decode()
    assert "Detener todo" in page.content.decode()
    saved = client.post(f"{path}?lang=es", {"do": "save", "sms": "off"}).content.decode()
    assert "Guardado" in saved
    assert f'action="{path}?lang=es"' in saved
