"""Messages and decisions over REST."""

import pytest

from contacts.actors import Actor
from messaging.models import Connection, Message
from tests.factories import ContactFactory, block


@pytest.fixture
def contact(business):
    return ContactFactory(business=business, phone="+14155550100", email="ada@example.org")


@pytest.fixture(autouse=True)
def connections(business):
    twilio = {"account_sid": "AC" + "0" * 32, "auth_token": "secret", "from_number": "+14155550199"}
    smtp = {"url": "smtp://u:p@127.0.0.1:2525", "from_email": "hello@clinic.example"}
    return [
        Connection.objects.create(business=business, channel="sms", driver="twilio", config=twilio),
        Connection.objects.create(business=business, channel="email", driver="smtp", config=smtp),
    ]


def sms(contact, body="Hello {{contact.first_name}}, from {{user.name}}"):
    return {"contact": str(contact.pk), "channel": "sms", "body": body}


def test_a_message_from_a_program_is_manual_and_is_shown_whole(api, contact):
    made = api.post("messages/", sms(contact))

    assert made.status == 201
    row = Message.objects.get()
    assert made.body == {
        "id": str(row.pk),
        "contact": str(contact.pk),
        "direction": "outbound",
        "channel": "sms",
        "message_class": "manual",
        "to": "+14155550100",
        "subject": "",
        "body": "Hello Ada, from enterprise key",
        "state": "queued",
        "rule": "clear",
        "reason": "",
        "detail": row.detail,
        "until": None,
        "decided_version": 0,
        "provider_id": "",
        "enrollment": None,
        "created_at": row.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "called_at": None,
        "settled_at": None,
    }
    assert api.get(f"messages/{row.pk}/").body == made.body
    assert api.get("messages/").body["results"] == [made.body]


def test_dnd_refuses_it_with_the_sentence_of_the_contract(api, contact):
    block(contact, "sms")

    answer = api.post("messages/", sms(contact))

    assert (answer.status, answer.code) == (409, "dnd_active")
    assert answer.body["detail"] == "Cannot send the message: DND is active for SMS."
    assert not Message.objects.exists()


def test_a_disconnected_channel_holds_it_and_says_until_when(api, contact):
    Connection.objects.update(state="disconnected")

    made = api.post("messages/", sms(contact)).body

    assert (made["state"], made["rule"]) == ("held", "disconnected")
    assert made["until"] > made["created_at"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"contact": "999999"}, ["contact"]),
        ({"contact": 12}, ["contact"]),
        ({"contact": None}, ["contact"]),
        ({"channel": "fax"}, ["channel"]),
        ({"channel": None}, ["channel"]),
        ({"body": ""}, ["body"]),
        ({"body": "   "}, ["body"]),
        ({"body": "a" * 1601}, ["body"]),
        ({"body": "{{ contact.first_name"}, ["body"]),
        ({"body": "{{ contact.shoe_size }}"}, ["body"]),
        ({"body": "{% include 'x' %}"}, ["body"]),
        ({"channel": "email", "body": "x"}, ["subject"]),
        ({"channel": "email", "subject": "a" * 201}, ["subject"]),
        ({"channel": "email", "subject": "{{ nobody }}"}, ["subject"]),
        ({"channel": "email", "subject": "a\nb"}, ["subject"]),
        ({"channel": "sms", "subject": "Hello"}, ["subject"]),
        ({"message_class": "system"}, ["message_class"]),
        ({"to": "+14155550100"}, ["to"]),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(api, contact, change, fields):
    answer = api.post("messages/", sms(contact) | change)

    assert (answer.status, answer.fields) == (400, fields)
    assert not Message.objects.exists()


def test_another_business_s_contact_is_no_contact(api, contact):
    stranger = ContactFactory()

    answer = api.post("messages/", sms(stranger))

    assert (answer.status, answer.fields) == (400, ["contact"])


def test_messages_are_filtered(api, contact, business):
    other = ContactFactory(business=business)
    api.post("messages/", sms(contact))
    api.post("messages/", sms(other))
    api.post("messages/", sms(contact) | {"channel": "email", "subject": "Hello"})
    Message.objects.filter(contact=other).update(state="sent", enrollment=5, step=0)

    def channels(query):
        return [(m["contact"], m["channel"]) for m in api.get(f"messages/?{query}").body["results"]]

    mine, theirs = str(contact.pk), str(other.pk)
    assert channels(f"contact={mine}") == [(mine, "email"), (mine, "sms")]
    assert channels("channel=sms") == [(theirs, "sms"), (mine, "sms")]
    assert channels("state=sent") == [(theirs, "sms")]
    assert channels("enrollment=5") == [(theirs, "sms")]
    assert channels("message_class=manual&state=queued&channel=email") == [(mine, "email")]
    assert channels("message_class=automation") == []


@pytest.mark.parametrize(
    "query",
    [
        "contact=999999",
        "contact=x",
        "channel=fax",
        "state=lost",
        "message_class=junk",
        "enrollment=x",
        "to=1",
    ],
)
def test_what_is_no_filter_is_named(api, query):
    answer = api.get(f"messages/?{query}")

    assert (answer.status, answer.fields) == (400, [query.split("=")[0]])


class TestDecisions:
    def test_one_question(self, api, contact):
        block(contact, "sms", reason="stop_keyword", by=Actor.contact())

        answer = api.post(
            "decisions/", {"contact": str(contact.pk), "channel": "sms", "message_class": "automation"}
        )

        assert answer.status == 200
        detail = answer.body.pop("detail")
        assert answer.body == {
            "verdict": "drop",
            "rule": "dnd",
            "reason": "dnd:sms:stop_keyword",
            "until": None,
            "version": 1,
        }
        assert detail.startswith("DND is active for SMS: stop_keyword, set by contact since 20")
        assert not Message.objects.exists()

    def test_many_questions_are_answered_in_their_order(self, api, contact, business):
        other = ContactFactory(business=business)
        block(other, "email")
        ways = [(contact, "sms"), (other, "email"), (contact, "call"), (other, "sms")]
        items = [{"contact": str(c.pk), "channel": channel, "message_class": "manual"} for c, channel in ways]

        answer = api.post("decisions/", {"items": items})

        assert [(d["verdict"], d["rule"]) for d in answer.body["results"]] == [
            ("send", "clear"),
            ("drop", "dnd"),
            ("drop", "connection"),
            ("send", "clear"),
        ]

    def test_a_hold_says_until_when(self, api, contact):
        Connection.objects.update(state="disconnected")

        answer = api.post(
            "decisions/", {"contact": str(contact.pk), "channel": "sms", "message_class": "manual"}
        )

        assert (answer.body["verdict"], answer.body["rule"]) == ("hold", "disconnected")
        assert answer.body["until"].endswith("Z")

    def test_a_thousand_take_a_handful_of_queries(self, api, contact, django_assert_max_num_queries):
        item = {"contact": str(contact.pk), "channel": "sms", "message_class": "manual"}

        with django_assert_max_num_queries(12):
            assert len(api.post("decisions/", {"items": [item] * 1000}).body["results"]) == 1000
        assert api.post("decisions/", {"items": [item] * 1001}).fields == ["items"]
        assert api.post("decisions/", {"items": []}).body == {"results": []}

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, ["contact", "channel", "message_class"]),
            ({"contact": "999999", "channel": "sms", "message_class": "manual"}, ["contact"]),
            ({"contact": "1x", "channel": "sms", "message_class": "manual"}, ["contact"]),
            ({"items": {}}, ["items"]),
            ({"items": [1]}, ["items.0"]),
            ({"items": [], "contact": "1"}, ["contact"]),
            ({"items": [{"contact": "999999", "channel": "fax", "message_class": "x"}]},
             ["items.0.channel", "items.0.message_class"]),
            ({"items": [{"contact": "999999", "channel": "sms", "message_class": "manual"}]}, ["items.0.contact"]),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_named(self, api, body, fields):
        answer = api.post("decisions/", body)

        assert answer.status == 400
        assert sorted(answer.fields) == sorted(fields)

    def test_another_business_s_contact_is_no_contact(self, api, contact):
        stranger = {"contact": str(ContactFactory().pk), "channel": "sms", "message_class": "manual"}
        known = stranger | {"contact": str(contact.pk)}

        answer = api.post("decisions/", {"items": [known, known, stranger]})

        assert (answer.status, answer.fields, answer.codes) == (400, ["items.2.contact"], ["not_found"])
        alone = api.post("decisions/", stranger)
        assert (alone.fields, alone.codes) == (["contact"], ["not_found"])
