"""Preferences that a record system syncs: what it may say, in which order, and what nobody else may change then."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from contacts.actors import Actor
from contacts.models import Business, Event, Preference, Sync
from dnd import services as dnd
from dnd.models import Change
from dnd.why_not import NOT_HEARD, SET_BEFORE
from messaging.models import Connection
from tests.factories import ENTERPRISE, ContactFactory, add_phone, block

MOBILE, LANDLINE = "+14155550101", "+14155550102"


@pytest.fixture
def business(business):
    Business.objects.filter(pk=business.pk).update(preferences_source="synced")
    business.refresh_from_db()
    for channel, driver in (("sms", "twilio"), ("call", "twilio"), ("email", "smtp")):
        Connection.objects.create(business=business, channel=channel, driver=driver, config={})
    return business


@pytest.fixture
def contact(business):
    contact = ContactFactory(business=business, phone=False, external_id="MRN-1")
    add_phone(contact, MOBILE, "mobile")
    add_phone(contact, LANDLINE, "landline")
    return contact


@pytest.fixture
def sync(api, contact):
    """Say something of the contact, as the record system."""

    def say(**body):
        answer = api.put(f"contacts/{contact.pk}/preferences/", body)
        assert answer.status == 200, answer.body
        return answer.body

    return say


@pytest.fixture
def way(api, contact):
    """How an automation with every copy would reach the contact."""

    def ask(message_class="automation"):
        body = {
            "contact": str(contact.pk),
            "message_class": message_class,
            "copy": ["text", "call", "email"],
        }
        answer = api.post("deliveries/preview/", body).body
        return answer["delivered_by"], answer["to"]

    return ask


def at(minutes):
    return (datetime(2026, 11, 20, 9, tzinfo=UTC) + timedelta(minutes=minutes)).isoformat()


def soon(minutes=60):
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def decision(api, contact, channel="sms", message_class="automation"):
    question = {"contact": str(contact.pk), "channel": channel, "message_class": message_class}
    return api.post("decisions/", question).body


def panel(api, contact):
    return api.get(f"contacts/{contact.pk}/dnd/").body


class TestWhatIsSaid:
    def test_the_method_goes_first(self, sync, way):
        assert way() == ("text", MOBILE)

        assert sync(method="voice")["method"] == "voice"

        assert way() == ("call", MOBILE)
        assert way("broadcast") == ("text", MOBILE)
        assert way("manual") == ("text", MOBILE)

    def test_the_preferred_number_is_the_one_used(self, api, sync, way, contact):
        body = sync(preferred_number="(415) 555-0102")

        assert body["preferred_number"] == LANDLINE
        assert way() == ("call", LANDLINE)
        phones = api.get(f"contacts/{contact.pk}/").body["phones"]
        assert [(p["number"], p["preferred"]) for p in phones] == [(MOBILE, False), (LANDLINE, True)]

    def test_do_not_contact_means_nothing_by_automation(self, api, sync, way, contact):
        sync(method="dnc")

        assert way() == ("none", "")
        assert way("broadcast") == ("text", MOBILE)
        told = decision(api, contact)
        assert (told["verdict"], told["rule"], told["reason"]) == ("drop", "do_not_contact", "do_not_contact")
        assert "record system" in told["detail"]
        switch = panel(api, contact)["do_not_contact"]
        assert switch == {
            "enabled": True,
            "may_edit": False,
            "why_not": "The record system owns this: change it there.",
        }
        line = Change.objects.get(contact=contact)
        assert (line.direction, line.source, line.reason) == ("automations", "sync", "record_system")
        assert Event.objects.filter(contact=contact, kind="do_not_contact_changed", source="sync").exists()
        assert [c["id"] for c in api.get("contacts/?do_not_contact=true").body["results"]] == [
            str(contact.pk)
        ]

        sync(method="sms")

        assert way() == ("text", MOBILE)
        assert panel(api, contact)["do_not_contact"]["enabled"] is False

    def test_channels_are_blocked_and_only_those_that_a_sync_blocked_are_freed(self, api, sync, contact):
        block(contact, "call")
        assert sync(block=["email", "call"])["block"] == ["call", "email"]
        flags = panel(api, contact)["outbound"]
        assert (flags["email"]["reason"], flags["email"]["source"]) == ("record_system", "sync")
        assert flags["email"]["may_lift"] is False

        sync(block=[])

        flags = panel(api, contact)["outbound"]
        assert flags["email"] == {"enabled": False}
        assert (flags["call"]["reason"], flags["call"]["also"]) == ("user_request", [])

    def test_a_sync_never_lifts_a_contacts_own_stop(self, api, sync, way, contact):
        dnd.change_address(
            business=contact.business,
            channel="sms",
            address=MOBILE,
            block=True,
            by=Actor.contact(),
            reason="stop_keyword",
        )
        sync(method="sms", block=["sms"], message_id="1", sent_at=at(0))
        sync(method="sms", block=[], message_id="2", sent_at=at(1))

        assert panel(api, contact)["outbound"]["sms"]["reason"] == "stop_keyword"
        assert way() == ("call", MOBILE)

    def test_what_is_left_out_stays_and_null_takes_it_away(self, sync):
        sync(method="voice", preferred_number=MOBILE, block=["email"])

        body = sync(raw_code="nothing new")
        assert (body["method"], body["preferred_number"], body["block"]) == ("voice", MOBILE, ["email"])

        body = sync(method=None, preferred_number=None)
        assert (body["method"], body["preferred_number"], body["block"]) == (None, None, ["email"])

    def test_do_not_contact_that_staff_had_turned_on_stays(self, api, business, contact, sync):
        Business.objects.filter(pk=business.pk).update(preferences_source="manual")
        business.refresh_from_db()
        dnd.change_one(
            business=business, contact=contact.pk, wish=dnd.Wish(do_not_contact=True), by=ENTERPRISE
        )
        Business.objects.filter(pk=business.pk).update(preferences_source="synced")

        sync(method="sms")

        switch = panel(api, contact)["do_not_contact"]
        assert switch["enabled"] is True
        assert switch["why_not"] == SET_BEFORE
        refused = api.patch(f"contacts/{contact.pk}/dnd/", {"do_not_contact": False})
        assert (refused.status, refused.code) == (409, "owned_by_record_system")
        assert SET_BEFORE in str(refused.body)

    def test_what_a_record_system_blocked_that_is_no_longer_heard_says_how_to_hear_it_again(
        self, api, business, contact, sync
    ):
        sync(block=["sms"])
        assert "change it there" in panel(api, contact)["outbound"]["sms"]["why_not"]
        Business.objects.filter(pk=business.pk).update(preferences_source="manual")

        assert panel(api, contact)["outbound"]["sms"]["why_not"] == NOT_HEARD
        refused = api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"sms": False}})
        assert (refused.status, refused.code) == (409, "dnd_locked")
        assert NOT_HEARD in str(refused.body)


class TestUnknownCodes:
    def test_an_unknown_code_is_no_preference_and_a_warning(self, sync, way):
        sync(method="voice")

        body = sync(method="PIGEON", message_id="9")

        assert body["method"] is None
        assert body["warning"] == "The code “PIGEON” is not known: no preference was taken from it."
        assert way() == ("text", MOBILE)
        assert Sync.objects.get(message_id="9").warning == body["warning"]

    def test_an_unknown_code_never_undoes_do_not_contact(self, sync, way):
        sync(method="dnc", sent_at=at(0))
        sync(method="PIGEON", sent_at=at(5))

        assert way() == ("none", "")

    def test_nor_when_it_comes_first(self, sync, way):
        sync(method="PIGEON", sent_at=at(5))
        sync(method="dnc", sent_at=at(0))

        assert way() == ("none", "")


class TestOrder:
    def test_a_message_that_came_before_changes_nothing(self, api, sync, contact):
        sync(method="voice", message_id="7", sent_at=at(0))
        sync(method="sms", message_id="8", sent_at=at(1))

        body = sync(method="voice", message_id="7", sent_at=at(2))

        assert (body["outcome"], body["method"]) == ("repeated", "sms")
        assert Sync.objects.filter(contact=contact).count() == 2

    def test_an_older_message_is_logged_and_changes_nothing(self, sync, contact):
        sync(method="sms", block=["email"], message_id="2", sent_at=at(2))

        body = sync(method="dnc", block=[], message_id="1", sent_at=at(1))

        assert (body["outcome"], body["method"], body["block"]) == ("older", "sms", ["email"])
        assert Sync.objects.get(message_id="1").outcome == "older"
        assert not Change.objects.filter(contact=contact, direction="automations").exists()

    def test_every_order_of_the_same_messages_comes_to_the_same(self, api, business):
        messages = [
            {"method": "voice", "block": ["sms"], "message_id": "a", "sent_at": at(0)},
            {"method": "dnc", "block": ["email"], "message_id": "b", "sent_at": at(1)},
            {"method": "sms", "block": [], "message_id": "c", "sent_at": at(1)},
            {"method": "???", "message_id": "d", "sent_at": at(3)},
        ]
        ends = []
        for order in permutations(messages):
            contact = ContactFactory(business=business)
            for message in (*order, order[0]):
                assert api.put(f"contacts/{contact.pk}/preferences/", message).status == 200
            state = panel(api, contact)
            blocked = [c for c, flag in state["outbound"].items() if flag["enabled"]]
            ends.append((state["do_not_contact"]["enabled"], blocked))

        assert set(map(str, ends)) == {"(True, ['email'])"}

    def test_a_time_to_come_is_refused(self, api, contact):
        answer = api.put(f"contacts/{contact.pk}/preferences/", {"method": "sms", "sent_at": soon(180)})

        assert (answer.status, answer.fields) == (400, ["sent_at"])
        assert not Sync.objects.exists()


class TestAppointments:
    def test_an_appointment_beats_what_is_said_in_general_until_it_is_over(self, api, sync, way, contact):
        sync(method="dnc")
        body = sync(
            appointment={"id": "A-17", "method": "voice", "preferred_number": LANDLINE, "until": soon()}
        )

        assert body["in_force"] == {
            "method": "voice",
            "preferred_number": LANDLINE,
            "appointment": "A-17",
        }
        assert way() == ("call", LANDLINE)
        assert panel(api, contact)["do_not_contact"]["enabled"] is False

        self.over(contact)
        assert way() == ("none", "")
        assert dnd.end_preferences() == 1
        assert panel(api, contact)["do_not_contact"]["enabled"] is True
        assert not Preference.objects.filter(appointment="A-17").exists()
        assert dnd.end_preferences() == 0

    def test_an_appointment_that_forbids_stops_automations_until_it_is_over(self, api, sync, way, contact):
        sync(method="voice")
        sync(appointment={"id": "A-17", "method": "dnc", "until": soon()})
        sync(appointment={"id": "A-18", "method": "sms", "until": soon()})
        assert way() == ("none", "")

        self.over(contact)
        dnd.end_preferences()

        assert way() == ("call", MOBILE)
        assert panel(api, contact)["do_not_contact"]["enabled"] is False

    def test_one_that_is_over_already_changes_nothing(self, sync, way):
        body = sync(appointment={"id": "A-17", "method": "dnc", "until": at(0)})

        assert (body["outcome"], body["appointments"]) == ("older", [])
        assert body["warning"] == "This appointment is over: nothing was taken from it."
        assert way() == ("text", MOBILE)

    def test_a_later_message_ends_or_shortens_one_and_an_earlier_does_not(self, api, sync, way, contact):
        sync(method="sms")
        sync(appointment={"id": "A-9", "method": "dnc", "until": soon(600)}, sent_at=at(2))
        assert way() == ("none", "")

        assert sync(appointment={"id": "A-9", "until": at(0)}, sent_at=at(1))["outcome"] == "older"
        body = sync(appointment={"id": "A-9", "until": (shorter := soon(60))}, sent_at=at(3))
        assert [(each["id"], each["until"][:16]) for each in body["appointments"]] == [("A-9", shorter[:16])]
        assert way() == ("none", "")

        body = sync(appointment={"id": "A-9", "until": at(0)}, sent_at=at(4))
        assert (body["outcome"], body["warning"], body["in_force"]["method"]) == ("applied", "", "sms")
        assert body["appointments"] == []
        assert way() == ("text", MOBILE)
        assert panel(api, contact)["do_not_contact"]["enabled"] is False
        assert dnd.end_preferences() == 1

        late = sync(appointment={"id": "A-9", "method": "dnc", "until": soon(600)}, sent_at=at(3))
        assert late["warning"] == "This appointment is over: nothing was taken from it."
        assert way() == ("text", MOBILE)

    def test_appointments_of_which_nothing_is_said_leave_what_is_said_in_general(self, sync, way):
        sync(method="voice")
        for name in ("A-1", "A-2"):
            body = sync(appointment={"id": name, "until": soon()})

        assert [each["id"] for each in body["appointments"]] == ["A-1", "A-2"]
        assert body["in_force"]["method"] == "voice"
        assert way() == ("call", MOBILE)

    def over(self, contact):
        Preference.objects.filter(contact=contact).exclude(appointment="").update(
            ends_at=datetime.now(UTC) - timedelta(seconds=1)
        )


class TestRefused:
    def test_an_unknown_contact_is_named_by_its_external_id(self, api, contact):
        answer = api.put("contacts/ext:MRN-404/preferences/", {"method": "sms"})

        assert (answer.status, answer.code) == (404, "not_found")
        assert "MRN-404" in answer.body["detail"]

    def test_a_contact_is_found_by_its_external_id(self, api, contact):
        answer = api.put("contacts/ext:MRN-1/preferences/", {"method": "sms"})

        assert (answer.status, answer.body["contact"]) == (200, str(contact.pk))

    def test_one_of_another_business_is_unknown(self, api, elsewhere):
        ContactFactory(business=elsewhere, external_id="MRN-9")

        assert api.put("contacts/ext:MRN-9/preferences/", {"method": "sms"}).status == 404

    @pytest.mark.parametrize(
        ("body", "field", "says"),
        [
            (
                {"preferred_number": "+14155550999"},
                "preferred_number",
                "does not have the number +14155550999",
            ),
            (
                {"preferred_number": "ada@example.org"},
                "preferred_number",
                "An email address cannot be preferred",
            ),
            ({"preferred_number": "nonsense"}, "preferred_number", "not a phone number"),
            (
                {
                    "appointment": {
                        "id": "A",
                        "preferred_number": "+14155550999",
                        "until": "2030-01-01T00:00:00Z",
                    }
                },
                "appointment.preferred_number",
                "does not have the number",
            ),
            ({"appointment": {"id": "A", "method": "sms"}}, "appointment.until", "required"),
            ({"block": ["fax"]}, "block.0", "Give one of"),
            ({"method": 5}, "method", "Give a string."),
            ({"sent_at": "yesterday"}, "sent_at", "Give a time with its offset"),
            ({"sent_at": "0001-01-01T00:00:00Z"}, "sent_at", "in the years 1970 to 2200"),
            (
                {"appointment": {"id": "A", "until": "9999-12-31T23:59:59Z"}},
                "appointment.until",
                "in the years 1970 to 2200",
            ),
        ],
    )
    def test_a_mistake_is_named_and_nothing_is_written(self, api, contact, body, field, says):
        answer = api.put(f"contacts/{contact.pk}/preferences/", {"method": "dnc", **body})

        assert (answer.status, answer.fields) == (400, [field])
        assert says in answer.body["errors"][0]["detail"]
        assert not any(table.objects.exists() for table in (Sync, Preference, Change))

    def test_a_business_that_sets_preferences_itself_takes_none(self, api, business, contact):
        Business.objects.filter(pk=business.pk).update(preferences_source="manual")

        answer = api.put(f"contacts/{contact.pk}/preferences/", {"method": "dnc"})

        assert (answer.status, answer.code) == (409, "preferences_not_synced")

    def test_what_was_synced_does_not_count_while_the_business_sets_preferences_itself(
        self, sync, way, business
    ):
        sync(method="voice")
        Business.objects.filter(pk=business.pk).update(preferences_source="manual")

        assert way() == ("text", MOBILE)


class TestOwned:
    def test_nobody_else_prefers_another_number(self, api, contact, sync):
        sync(preferred_number=MOBILE)
        phones = [{"number": MOBILE}, {"number": LANDLINE, "preferred": True}]

        answer = api.patch(f"contacts/{contact.pk}/", {"phones": phones})

        assert (answer.status, answer.code) == (409, "owned_by_record_system")
        assert "record system" in answer.body["detail"]
        assert contact.points.get(preferred=True).value == MOBILE

    def test_a_new_contact_may_come_with_one(self, api, business):
        phones = [{"number": "+14155550103", "preferred": True}]

        made = api.post("contacts/", {"first_name": "Bea", "phones": phones})

        assert (made.status, made.body["phones"][0]["preferred"]) == (201, True)

    def test_phones_may_change_beside_it(self, api, contact, sync):
        sync(preferred_number=MOBILE)
        phones = [{"number": MOBILE, "preferred": True, "label": "new"}]
        assert api.patch(f"contacts/{contact.pk}/", {"phones": phones}).status == 200

        assert api.patch(f"contacts/{contact.pk}/", {"phones": [{"number": LANDLINE}]}).status == 200

    def test_nobody_else_flips_do_not_contact(self, api, contact, sync):
        sync(method="dnc")

        answer = api.patch(f"contacts/{contact.pk}/dnd/", {"do_not_contact": False})

        assert (answer.status, answer.code) == (409, "owned_by_record_system")

    def test_a_deleted_contact_leaves_nothing_of_it(self, api, contact, sync):
        sync(method="dnc", message_id="1")

        assert api.send("DELETE", f"contacts/{contact.pk}/").status == 204

        assert not any(table.objects.exists() for table in (Sync, Preference))


class TestWhatStands:
    def test_a_number_that_the_contact_no_longer_has_is_not_preferred(self, api, contact, sync, way):
        sync(
            preferred_number=MOBILE,
            appointment={"id": "A-1", "preferred_number": LANDLINE, "until": soon()},
        )
        assert api.patch(f"contacts/{contact.pk}/", {"phones": [{"number": "+14155550103"}]}).status == 200

        body = api.get(f"contacts/{contact.pk}/preferences/").body
        numbers = [body, body["in_force"], *body["appointments"]]
        assert [each["preferred_number"] for each in numbers] == [None, None, None]

    def test_a_get_answers_what_the_last_put_came_to(self, api, contact, sync):
        said = sync(
            method="voice",
            preferred_number=LANDLINE,
            block=["email"],
            appointment={"id": "A-1", "method": "sms", "preferred_number": MOBILE, "until": soon()},
        )

        answer = api.get("contacts/ext:MRN-1/preferences/")

        assert answer.status == 200
        assert answer.body == {name: said[name] for name in said if name not in ("outcome", "warning")}
        assert answer.body["preferences_source"] == "synced"
        assert answer.body["in_force"] == {"method": "sms", "preferred_number": MOBILE, "appointment": "A-1"}

    def test_without_a_record_system_the_number_that_staff_chose_is_answered(self, api, business, contact):
        Business.objects.filter(pk=business.pk).update(preferences_source="manual")
        contact.points.filter(value=LANDLINE).update(preferred=True)

        answer = api.get(f"contacts/{contact.pk}/preferences/").body

        assert (answer["preferences_source"], answer["method"]) == ("manual", None)
        assert answer["preferred_number"] == answer["in_force"]["preferred_number"] == LANDLINE

    def test_of_a_contact_that_is_unknown_the_external_id_is_named(self, api, business):
        answer = api.get("contacts/ext:MRN-9/preferences/")

        assert (answer.status, answer.body["detail"]) == (
            404,
            "There is no contact with the external id MRN-9.",
        )
