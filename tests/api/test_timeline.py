"""The timeline: every table that knows something, in one order, in pages, at a cost that history does not raise."""

import json
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from django.db import connection

from config.desk.timeline import _opened, tables, timeline
from contacts.models import Contact, Event, Note, Task
from dnd.models import Change
from messaging.models import Message
from tests.factories import ContactFactory, UserFactory, block
from workflows.models import Enrollment, Version, Workflow

START = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
TIED = 3
"""Rows of the very moment at which a page begins are looked at once more."""
PROGRAM = [{"path": "0", "kind": "stop", "config": {}, "next": None, "else": None}]


@pytest.fixture
def contact(business):
    return ContactFactory(business=business)


@pytest.fixture
def workflow(business):
    made = Workflow.objects.create(business=business, name="Nurture")
    frozen = {"settings": {}, "triggers": [], "steps": [], "program": PROGRAM, "published_at": START}
    made.version = Version.objects.create(workflow=made, business=business, number=1, **frozen)
    return made


def message(contact, at, **fields):
    given = {
        "channel": "sms",
        "message_class": "manual",
        "lane": "interactive",
        "source": "user",
        "decided_version": 0,
    }
    times = {"created_at": at, "due_at": at, "expires_at": at + timedelta(days=1)}
    return Message.objects.create(business=contact.business, contact=contact, **(given | times | fields))


def enrollment(contact, workflow, at, ended_at=None, **fields):
    state = (
        {"state": "removed", "exit_reason": "removed_by_user"}
        if ended_at
        else {"state": "active", "due_at": at}
    )
    return Enrollment.objects.create(
        business=contact.business, workflow=workflow, version=workflow.version, contact=contact, entered_at=at,
        ended_at=ended_at, **({"entered_by": "Trigger: SMS opt-out"} | state | fields)
    )  # fmt: skip


def event(contact, at, kind="tag_added", summary="Tag “vip” added"):
    return Event.objects.create(
        business=contact.business,
        contact=contact,
        kind=kind,
        at=at,
        source="user",
        actor="Sam",
        summary=summary,
    )


def summaries(api, contact):
    return [item["summary"] for item in api.get(f"contacts/{contact.pk}/timeline/").body["results"]]


def test_dnd_reads_as_the_contract_says_and_the_note_stands_beside_it(api, contact):
    api.patch(
        f"contacts/{contact.pk}/dnd/",
        {"outbound": {"sms": True, "email": True}, "note": "asked on the phone"},
    )
    block(contact, "sms", reason="dnc_list")
    api.patch(
        f"contacts/{contact.pk}/dnd/",
        {"outbound": {"all": False}, "note": "agreed", "inbound": {"sms": True}},
    )

    items = api.get(f"contacts/{contact.pk}/timeline/").body["results"]

    assert [(item["summary"], item["kind"], item["source"], item["detail"]) for item in items] == [
        ("DND enabled by api for SMS (inbound)", "contact_dnd", "api", "agreed"),
        ("DND disabled by api for SMS and Email", "contact_dnd", "api", "agreed"),
        ("DND enabled by user for SMS (a further reason)", "contact_dnd", "user", ""),
        ("DND enabled by api for SMS and Email", "contact_dnd", "api", "asked on the phone"),
    ]
    assert items[0]["actor"] == "enterprise key"


class TestMessages:
    @pytest.mark.parametrize(
        ("fields", "summary", "detail"),
        [
            ({"state": "queued", "body": "Hello"}, "SMS queued", "Hello"),
            ({"state": "sent", "channel": "email", "subject": "Hi", "body": "Hello"}, "Email sent", "Hi"),
            ({"state": "delivered", "body": "Hello"}, "SMS delivered", "Hello"),
            ({"state": "held", "detail": "The channel is disconnected."}, "SMS held: The channel is disconnected.",
             "The channel is disconnected."),
            ({"state": "dropped", "rule": "withdrawn", "detail": "Removed."}, "SMS not sent: Removed.", "Removed."),
            ({"state": "failed", "detail": "Unknown number."}, "SMS failed: Unknown number.", "Unknown number."),
            ({"state": "unknown", "body": "Hello"}, "SMS handed over, and nobody knows what became of it", ""),
            ({"state": "received", "direction": "inbound", "body": "Thanks"}, "SMS received", "Thanks"),
        ],
    )  # fmt: skip
    def test_a_message_says_what_became_of_it(self, api, contact, fields, summary, detail):
        message(contact, START, **fields)

        [item] = api.get(f"contacts/{contact.pk}/timeline/").body["results"]

        assert (item["kind"], item["summary"], item["detail"]) == ("message", summary, detail)
        assert item["source"] == ("contact" if fields["state"] == "received" else "user")

    @pytest.mark.parametrize(
        ("fields", "summary"),
        [
            ({"state": "dropped", "rule": "dnd", "reason": "dnd:email:user_request"},
             "Workflow “Nurture”: step skipped — Email (dnd:email:user_request)"),
            ({"state": "dropped", "rule": "connection", "reason": "no_connection"},
             "Workflow “Nurture”: step failed — Email (no_connection)"),
            ({"state": "unknown", "reason": "timeout"}, "Workflow “Nurture”: step unknown — Email (timeout)"),
            ({"state": "sent"}, "Email sent"),
        ],
    )  # fmt: skip
    def test_a_message_of_a_workflow_says_what_came_of_the_step(
        self, api, contact, workflow, fields, summary
    ):
        ran = enrollment(contact, workflow, START)
        message(contact, START, channel="email", message_class="automation", source="workflow", actor="Nurture",
                enrollment=ran.pk, step=0, **fields)  # fmt: skip

        item = api.get(f"contacts/{contact.pk}/timeline/").body["results"][0]

        assert (item["summary"], item["source"], item["actor"]) == (summary, "workflow", "Nurture")

    def test_it_stands_where_it_left_and_not_where_it_was_written(self, api, contact):
        message(contact, START, state="sent", called_at=START + timedelta(hours=10))
        event(contact, START + timedelta(hours=5), summary="In between")

        items = api.get(f"contacts/{contact.pk}/timeline/").body["results"]

        assert [item["summary"] for item in items] == ["SMS sent", "In between"]
        assert items[0]["at"] == "2026-01-02T13:04:05.000006Z"

    def test_a_program_s_message_has_the_source_api(self, api, contact, business):
        business.connections.create(
            channel="sms", driver="twilio", config={"account_sid": "AC", "from_number": "+1"}
        )
        api.post("messages/", {"contact": str(contact.pk), "channel": "sms", "body": "Hello"})

        [item] = api.get(f"contacts/{contact.pk}/timeline/").body["results"]

        assert (item["summary"], item["source"], item["actor"]) == ("SMS queued", "api", "enterprise key")

    def test_its_events_are_not_told_twice(self, api, contact):
        event(contact, START, kind="message_received", summary="SMS received")
        event(contact, START, kind="message_failed", summary="SMS failed")

        assert summaries(api, contact) == []


def test_workflows_tasks_and_notes(api, contact, business, workflow):
    ran = enrollment(contact, workflow, START, ended_at=START + timedelta(hours=2), exit_detail="by Sam")
    broke = {"outcome": "failed", "reason": "error", "detail": "It broke.", "at": START + timedelta(hours=1)}
    ran.step_runs.create(business=business, position=0, step="0", kind="create_task", **broke)
    ran.step_runs.create(business=business, position=1, step="1", kind="add_tag", outcome="done", at=START)
    Task.objects.create(business=business, contact=contact, title="Call back", created_by="Nurture")
    Note.objects.create(business=business, contact=contact, author=UserFactory(name="Sam"), text="Likes tea")

    items = api.get(f"contacts/{contact.pk}/timeline/").body["results"]

    assert [(i["kind"], i["summary"], i["source"], i["actor"], i["detail"]) for i in items] == [
        ("note", "Note", "user", "Sam", "Likes tea"),
        ("task", "Task: Call back", "workflow", "Nurture", ""),
        ("enrollment", "Left workflow “Nurture”: Removed by a user", "workflow", "Nurture", "by Sam"),
        ("step", "Workflow “Nurture”: step failed — create task (error)", "workflow", "Nurture", "It broke."),
        ("enrollment", "Entered workflow “Nurture”", "workflow", "", "Trigger: SMS opt-out"),
    ]


@pytest.mark.parametrize(
    ("entered_by", "source", "actor"),
    [
        ("user: Sam", "user", "Sam"),
        ("api: Booking: the app", "api", "Booking: the app"),
        ("Workflow: Welcome", "workflow", "Welcome"),
        ("Trigger: opted out", "workflow", ""),
    ],
)
def test_who_brought_a_contact_into_a_workflow(api, contact, workflow, entered_by, source, actor):
    enrollment(contact, workflow, START, entered_by=entered_by)

    [item] = api.get(f"contacts/{contact.pk}/timeline/").body["results"]

    assert (item["source"], item["actor"]) == (source, actor)


class TestPages:
    @pytest.fixture
    def history(self, contact, workflow):
        """27 things of every table, many of them at the same moment."""
        for n in range(9):
            at = START + timedelta(seconds=n // 3)
            message(contact, at, state="sent")
            event(contact, at)
            enrollment(contact, workflow, at, ended_at=at)
        return contact

    def test_pages_hold_everything_once_in_both_directions(self, api, history):
        whole = api.get(f"contacts/{history.pk}/timeline/?page_size=200").body
        assert len(whole["results"]) == 36
        assert (whole["next"], whole["previous"]) == (None, None)

        forth, address = [], f"contacts/{history.pk}/timeline/?page_size=7"
        while address:
            page = api.get(address).body
            forth.append(page["results"])
            address, last = page["next"], page
        back = [last["results"]]
        while last["previous"]:
            last = api.get(last["previous"]).body
            back.insert(0, last["results"])

        assert [len(page) for page in forth] == [7, 7, 7, 7, 7, 1]
        assert list(chain(*forth)) == whole["results"]
        assert back == forth
        assert [item["at"] for item in whole["results"]] == sorted(
            (i["at"] for i in whole["results"]), reverse=True
        )

    def test_what_happens_meanwhile_shifts_nothing(self, api, history):
        first = api.get(f"contacts/{history.pk}/timeline/?page_size=7").body
        rest = api.get(first["next"]).body["results"]

        event(history, START + timedelta(days=1))

        assert api.get(first["next"]).body["results"] == rest

    @pytest.mark.parametrize("cursor", ["x", "PDE", "%00", "PDIwMjYtOTktOTlUMDA6MDA6MDArMDA6MDAgMCAx"])
    def test_a_broken_cursor_is_named(self, api, contact, cursor):
        answer = api.get(f"contacts/{contact.pk}/timeline/?cursor={cursor}")

        assert (answer.status, answer.fields) == (400, ["cursor"])


def test_a_page_reads_no_more_rows_when_the_history_is_longer(contact, workflow, business):
    """Every table is read by an index, in the index's order, and stopped at the page's end."""
    other = ContactFactory(business=business)
    for person, times in ((contact, 400), (other, 40)):
        _long_history(person, workflow, times)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    middle = timeline(contact, limit=200)
    assert middle.next

    for page in (None, middle):
        read = [
            _rows_read(table, contact, page) for table in tables.TABLES if table.rows is not tables._steps
        ]
        assert max(read) <= 26 + TIED


def _long_history(contact, workflow, times):
    business = contact.business
    moments = [START + timedelta(minutes=n) for n in range(times)]
    Event.objects.bulk_create(
        Event(business=business, contact=contact, kind="tag_added", at=at, source="user", summary="Tag")
        for at in moments
    )
    Message.objects.bulk_create(
        Message(
            business=business, contact=contact, channel="sms", message_class="manual", lane="interactive", state="sent",
            source="user", decided_version=0, created_at=at, called_at=at, due_at=at, expires_at=at,
        )
        for at in moments
    )  # fmt: skip
    Enrollment.objects.bulk_create(
        Enrollment(
            business=business, workflow=workflow, version=workflow.version, contact=contact, entered_at=at, ended_at=at,
            state="completed", exit_reason="completed", entered_by="x",
        )
        for at in moments
    )  # fmt: skip
    for model in (Task, Note):
        text = {"title": "Call"} if model is Task else {"text": "Call"}
        rows = model.objects.bulk_create(model(business=business, contact=contact, **text) for _ in moments)
        for row, at in zip(rows, moments, strict=True):
            row.created_at = at
        model.objects.bulk_update(rows, ["created_at"])
    Change.objects.bulk_create(
        Change(
            business=business, contact=contact, version=n + 1, kind="reinforced", direction="outbound", enabled=True,
            scope="specific", source="user", reason="import", recorded_at=at, hash="x",
        )
        for n, at in enumerate(moments)
    )  # fmt: skip


def _rows_read(table, contact: Contact, page) -> int:
    """How many rows the deepest node of the plan looked at, as PostgreSQL counted them while it ran."""
    rows = table.rows(contact)
    if page is not None:
        rows = rows.filter(_opened(page.next).of(tables.TABLES.index(table)))
    plan = (
        rows.order_by("-moment", "-pk").values_list("moment", "pk")[:26].explain(format="json", analyze=True)
    )
    node = json.loads(plan)[0]["Plan"]
    while "Plans" in node:
        node = node["Plans"][0]
    return node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
