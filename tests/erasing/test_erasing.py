"""Erasing a person: a canary number, email and name are found nowhere afterwards, and stay stopped all the same."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from compliance.models import FeedbackEvent, InboundEvent, LinkToken, Review, Statement
from compliance.services import choices, hearing
from contacts import erased, locks
from contacts.actors import Actor
from contacts.models import Contact, Event, Job, JobFile, JobRefusal
from contacts.services import erasing, jobs, merging, people, tags, work
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import BIT, Source
from dnd import flags, verification
from dnd import services as dnd
from dnd.models import ChangeText, Ground, Suppression
from dnd.services import dnc_list
from messaging import auditing
from messaging import services as messaging
from messaging.delivery import claims
from messaging.inbound import working
from messaging.models import Broadcast, Message
from messaging.services.asking import Question
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory, MembershipFactory
from tests.messaging.conftest import connected, deliver, provider, queue  # noqa: F401 - a fixture
from tests.workflows import building

pytestmark = pytest.mark.django_db
PHONE, OLD_PHONE = "+14155557391", "+14155557392"
EMAIL, OLD_EMAIL = "zephyrina@canary.example", "old.zephyrina@canary.example"
NAME, MAIDEN, RECORD = "Zephyrina", "Quillfeather", "MRN-7391-X"
CANARIES = (PHONE[1:], OLD_PHONE[1:], EMAIL, "zephyrina@", OLD_EMAIL, NAME, MAIDEN, RECORD, quote(EMAIL))
BY_SMS = Actor.contact("by SMS")


def columns() -> Iterator[tuple[str, str]]:
    """(table, column) of whatever can hold a word, in every table there is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND (c.data_type IN"
            " ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'USER-DEFINED') OR c.udt_name = 'text')"
        )
        yield from cursor.fetchall()


def sightings() -> list[tuple[str, str, str]]:
    """Where in the database a canary is seen: (table, column, canary)."""
    seen = []
    with connection.cursor() as cursor:
        for table, column in columns():
            cursor.execute(
                f'SELECT DISTINCT k FROM "{table}" t, unnest(%s::text[]) AS k WHERE '
                f"CASE WHEN pg_typeof(t.\"{column}\") = 'bytea'::regtype"
                f"     THEN encode(t.\"{column}\"::text::bytea, 'escape') ILIKE '%%' || k || '%%'"
                f"       OR t.\"{column}\"::text ILIKE '%%' || encode(k::bytea, 'hex') || '%%'"
                f"     ELSE t.\"{column}\"::text ILIKE '%%' || k || '%%' END",
                [list(CANARIES)],
            )
            seen += [(table, column, canary) for (canary,) in cursor.fetchall()]
    return seen


@pytest.fixture
def business():
    return connected(BusinessFactory(allow_do_not_contact=True))


def say(business, text: str, number: str = PHONE, id: str = "SM1") -> None:
    """A text as it comes in."""
    form = {"From": number, "To": "+14155550199", "Body": text, "MessageSid": id}
    InboundEvent.objects.create(
        business=business, connection=0, kind="message", provider_id=id, via="webhook", received_at=locks.now(),
        due_at=locks.now(), body=urlencode(form).encode(),
    )  # fmt: skip
    working.work_due()


@pytest.fixture
def person(business, provider) -> Contact:  # noqa: F811
    """Somebody with a rich history, in every table that knows of people."""
    data = people.clean(
        business,
        {"first_name": NAME, "last_name": MAIDEN, "email": OLD_EMAIL, "external_id": RECORD,
         "phones": [{"number": OLD_PHONE}], "tags": [f"friend of {NAME}"]},
    )  # fmt: skip
    contact = people.create(business=business, data=data, by=STAFF)
    deliver_to(contact)
    changed = {"email": EMAIL, "phones": [{"number": PHONE, "label": f"{NAME}'s"}]}
    people.update(contact=contact, data=people.clean(business, changed), by=STAFF)
    talk(business, contact)
    work_around(business, contact)
    merge_with_herself(business, contact)
    provider_reports(business)
    a_job_over(business, contact)
    opt_out(business, contact)
    return contact


def deliver_to(contact: Contact) -> None:
    for channel in ("sms", "email"):
        queue(contact, channel=channel, subject=f"For {NAME}", body=f"Dear {NAME} {MAIDEN}", actor="Reminder")
    deliver()


def talk(business, contact: Contact) -> None:
    answering = {"type": "message_received", "filters": {}}
    note = {
        "kind": "internal_notification",
        "to": "managers",
        "message": "{{ contact.name }}: {{ message.body }}",
    }
    building.flow(business, note, {"kind": "wait", "for": "2h"}, building.SMS, triggers=[answering])
    say(business, f"This is {NAME}, write to {EMAIL}", id="SM2")
    building.work()
    messaging.send_manual(business=business, contact=contact.pk, channel="sms", body=f"Hi {NAME}", by=STAFF)


def work_around(business, contact: Contact) -> None:
    author = MembershipFactory(business=business).user
    work.create_tasks(business.pk, [(contact.pk, f"Call {NAME} on {PHONE}", None, "Sam")])
    work.add_note(
        business=business.pk, contact=contact.pk, author=author, text=f"{MAIDEN} was her name, {EMAIL}"
    )
    work.notify(business.pk, [("role:manager", f"Look at {NAME}", contact.pk)])
    tags.edit(business=business, contact=contact.pk, by=STAFF, add_names=["vip"])


def merge_with_herself(business, contact: Contact) -> None:
    twin = ContactFactory(business=business, first_name=f"{NAME} M.", phone=OLD_PHONE, email=OLD_EMAIL)
    wish = dnd.Wish(outbound={"call": True}, note=f"{NAME} asked")
    dnd.change_one(business=business, contact=twin.pk, wish=wish, by=STAFF)
    merging.merge(business=business, winner=contact.pk, loser=twin.pk, by=STAFF)


def provider_reports(business) -> None:
    payload = json.dumps({"email": EMAIL, "event": "bounce"})
    FeedbackEvent.objects.create(
        business=business, connection=1, esp="sendgrid", provider_id="ev1", payload=payload, address=EMAIL,
        state="done", kind="soft_bounce", received_at=locks.now(), due_at=locks.now(), worked_at=locks.now(),
        detail=f"550 <{EMAIL}> unknown",
    )  # fmt: skip
    LinkToken.objects.create(
        business=business, contact=Contact.objects.get(business=business, deleted_at=None), channel="email",
        address=EMAIL, digest="d", created_at=locks.now(),
    )  # fmt: skip


def a_job_over(business, contact: Contact) -> None:
    job = Job.objects.create(
        business=business, kind="import", title="Import", state="done", source="user", finished_at=locks.now()
    )
    JobFile.objects.create(
        job=job,
        name="in.csv",
        purpose="source",
        content_type="text/csv",
        number=0,
        content=f"{NAME},{PHONE}".encode(),
    )
    JobRefusal.objects.create(job=job, contact=contact, code="x", detail=f"{NAME} is locked")
    JobRefusal.objects.create(job=job, row=7, code="x", detail=f"{EMAIL} is given twice")


def opt_out(business, contact: Contact) -> None:
    wish = dnd.Wish(
        outbound={"call": True}, reason="user_request", note=f"{NAME} said so", evidence=f"from {EMAIL}"
    )
    dnd.change_one(business=business, contact=contact.pk, wish=wish, by=STAFF)
    dnc_list.add_to_dnc(
        business=business, contacts=[contact.pk], channels=["whatsapp"], by=MANAGER, note=NAME
    )
    say(business, f"please leave me alone, {NAME} {MAIDEN}", id="SM3")
    say(business, "STOP", id="SM4")
    choices.unsubscribe(LinkToken.objects.select_related("business", "contact").get(digest="d"))
    building.work()
    deliver("system")


def erase(contact: Contact, by: Actor = ENTERPRISE) -> None:
    erasing.erase(business=contact.business, contact=contact.pk, by=by)


def test_the_canaries_are_seen_where_they_should_be_before(person):
    tables = {table for table, _, _ in sightings()}
    assert tables >= {
        "contacts_contact", "contacts_contactpoint", "contacts_event", "contacts_note", "contacts_task",
        "contacts_notification", "contacts_tag", "contacts_jobfile", "contacts_jobrefusal", "dnd_changetext",
        "dnd_suppression",
        "dnd_dncentry", "compliance_statement", "compliance_review", "compliance_inboundevent", "compliance_linktoken",
        "compliance_feedbackevent", "compliance_permit", "messaging_message", "workflows_enrollment",
    }  # fmt: skip


def test_afterwards_they_are_nowhere(person, business):
    erase(person)
    building.work()
    deliver()

    assert sightings() == []
    assert _on_disk() == []
    assert _in_the_broker() == []
    assert verification.verify(business=business.pk).violations == []
    assert auditing.run().violations == []


def _on_disk() -> list[str]:
    """Files under HEED_HOME that hold a canary, but for those of PostgreSQL itself."""
    home = Path(settings.HEED_HOME)
    files = [f for f in home.rglob("*") if f.is_file() and "postgres" not in f.relative_to(home).parts[0]]
    assert files
    return [f"{f}: {c}" for f in files for c in CANARIES if c.encode() in f.read_bytes()]


def _in_the_broker() -> list[str]:
    broker = redis.Redis.from_url(settings.REDIS_URL)
    dumps = [(key, broker.dump(key) or b"") for key in broker.keys("*")]
    broker.close()
    return [str(key) for key, dump in dumps if any(c.encode() in key + dump for c in CANARIES)]


def test_messages_that_waited_are_withdrawn_and_workflows_end(person, business):
    waiting = Message.objects.get(contact=person, body=f"Hi {NAME}")
    erase(person)
    building.work()
    deliver()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("dropped", "withdrawn")
    assert set(person.enrollments.values_list("exit_reason", flat=True)) == {"contact_deleted"}


class TestStaysStopped:
    def again(self, business, by: str = Source.IMPORT.value) -> Contact:
        data = people.clean(
            business, {"first_name": "Somebody", "email": EMAIL, "phones": [{"number": PHONE}]}
        )
        return people.create(business=business, data=data, by=Actor(by, "a file"))

    def test_at_once_by_the_address(self, person, business):
        erase(person)
        made = self.again(business)
        for channel, reason in (
            ("sms", "suppressed:stop_keyword"),
            ("email", "suppressed:email_unsubscribe"),
        ):
            (answer,) = messaging.decide(business.pk, [Question(made.pk, channel, "manual")])
            assert (answer.verdict.rule, answer.verdict.reason) == ("suppressed", reason)

    def test_within_a_tick_by_its_grounds_and_the_address_is_known_again(self, person, business):
        erase(person)
        assert not Suppression.objects.exclude(address__startswith=erased.PREFIX).exists()
        made = self.again(business)
        dnd.screen_new_addresses()
        grounds = set(Ground.objects.filter(contact=made).values_list("channel", "reason"))
        assert {("sms", "stop_keyword"), ("email", "email_unsubscribe"), ("whatsapp", "dnc_list")} <= grounds
        assert Suppression.objects.in_force().filter(address=PHONE, reason="stop_keyword").exists()
        assert verification.verify(business=business.pk).violations == []

    def test_for_a_file_of_contacts_at_once(self, person, business):
        erase(person)
        made = self.again(business)
        assert flags.suppressed(business.pk, [PHONE])[PHONE] & BIT["sms"]
        with transaction.atomic():
            locks.lock_contacts(business.pk, [made.pk])
            assert dnd.screen(business.pk, [(made.pk, "phone", PHONE)]) == {made.pk}
        assert Ground.objects.filter(contact=made, channel="sms", reason="stop_keyword").exists()

    def test_by_an_edit_too(self, person, business):
        other = ContactFactory(business=business)
        erase(person)
        people.update(
            contact=other,
            data=people.clean(business, {"phone": PHONE, "phones": [{"number": PHONE}]}),
            by=STAFF,
        )
        dnd.screen_new_addresses()
        assert Ground.objects.filter(contact=other, channel="sms", reason="stop_keyword").exists()

    def test_a_start_from_the_number_releases_it(self, person, business):
        erase(person)
        say(business, "START", id="SM9")
        made = self.again(business)
        dnd.screen_new_addresses()
        (answer,) = messaging.decide(business.pk, [Question(made.pk, "sms", "manual")])
        assert answer.verdict.rule == "clear"

    def test_a_start_that_is_older_than_the_stop_releases_nothing(self, person, business):
        erase(person)
        hearing.hear(
            business=business, channel="sms", address=PHONE, reason=None, provider_id="SM9",
            received_at=locks.now() - timedelta(days=1),
        )  # fmt: skip
        assert Suppression.objects.in_force().filter(channel="sms", reason="stop_keyword").exists()

    def test_somebody_else_s_address_is_not_touched(self, person, business):
        erase(person)
        other = ContactFactory(business=business)
        dnd.screen_new_addresses()
        assert not Ground.objects.filter(contact=other).exists()

    def test_an_old_link_still_opts_out(self, person, business):
        Suppression.objects.filter(address=EMAIL).update(lifted_at=locks.now())
        erase(person)
        choices.unsubscribe(LinkToken.objects.select_related("business", "contact").get(digest="d"))
        made = self.again(business)
        (answer,) = messaging.decide(business.pk, [Question(made.pk, "email", "manual")])
        assert answer.verdict.rule == "suppressed"

    def test_the_list_shows_that_it_is_there_and_not_whose(self, person, business):
        erase(person)
        assert {one.shown_address for one in Suppression.objects.all()} == {"Erased address"}

    def test_in_another_business_the_same_number_has_another_hash(self, person, business):
        assert erased.key(business.pk, PHONE) != erased.key(business.pk + 1, PHONE)


def test_what_a_family_shares_stays_with_the_others(person, business):
    other = ContactFactory(business=business, first_name="Milo", phone=PHONE)
    dnd.screen_new_addresses()
    erase(person)
    assert Suppression.objects.in_force().filter(address=PHONE, channel="sms", reason="stop_keyword").exists()
    assert Statement.objects.filter(address=PHONE).exists()
    assert list(other.points.filter(kind="phone").values_list("value", flat=True)) == [PHONE]
    assert not Message.objects.filter(contact=person, to=PHONE).exists()


def test_one_who_was_deleted_before_can_be_erased(person, business):
    people.delete(contact=person, by=STAFF)
    erase(person)
    assert sightings() == []


def test_an_address_that_the_person_had_once_is_found_though_only_its_suppression_is_left(business):
    contact = ContactFactory(business=business, first_name="Ida", phone=PHONE, email=EMAIL)
    for wish in (
        dnd.Wish(outbound={"email": True}, reason="email_unsubscribe"),
        dnd.Wish(outbound={"sms": True}, reason="stop_keyword"),
    ):
        dnd.change_one(business=business, contact=contact.pk, wish=wish, by=BY_SMS)
    people.update(
        contact=contact, data=people.clean(business, {"email": "ida@example.org", "phones": []}), by=STAFF
    )
    people.delete(contact=contact, by=STAFF)

    erase(contact)

    assert sightings() == []
    assert {one.reason for one in Suppression.objects.in_force()} == {"email_unsubscribe", "stop_keyword"}


def test_how_the_person_was_searched_for_is_forgotten(person, business):
    wish = dnd.Wish(outbound={"call": True}, note=f"{NAME} and others")
    job = dnd.change_in_bulk(business=business, whom=dnd.Whom(wanted={"search": NAME}), wish=wish, by=MANAGER)
    jobs.run_due(60)
    over, draft = (
        Broadcast.objects.create(
            business=business, name="A", state=state, audience={"search": search, "tag": "vip"}
        )
        for state, search in (("finished", MAIDEN), ("draft", PHONE))
    )

    erase(person)

    assert sightings() == []
    job.refresh_from_db()
    over.refresh_from_db()
    draft.refresh_from_db()
    assert (job.state, job.params["filter"]) == ("done", {})
    assert (over.audience, draft.audience) == ({"tag": "vip"}, {"tag": "vip", "search": "erased"})


def test_the_ledger_keeps_its_digests_and_loses_the_words(person):
    erase(person)
    texts = ChangeText.objects.filter(change__contact=person)
    assert set(texts.values_list("salt", "note", "evidence")) == {("", "", "")}
    assert texts.exclude(change__text_digest="").exists()


class TestRefused:
    def test_by_anybody_but_an_enterprise_user(self, person):
        for by in (STAFF, MANAGER):
            with pytest.raises(RoleRequired):
                erase(person, by)

    def test_while_a_message_is_being_handed_over(self, person):
        other = ContactFactory(business=person.business)
        message = queue(other)
        claims.claim("interactive", 1)
        Message.objects.filter(pk=message.pk).update(contact=person)
        with pytest.raises(Conflict, match="is being handed over"):
            erase(person)

    def test_in_another_business(self, person):
        with pytest.raises(Contact.DoesNotExist):
            erasing.erase(business=BusinessFactory(), contact=person.pk, by=ENTERPRISE)

    def test_unless_the_name_was_typed(self, person):
        with pytest.raises(Invalid, match="Type the name as it is shown"):
            erasing.confirm(person, "yes")
        erasing.confirm(person, f" {NAME.lower()}  {MAIDEN} ")


def test_deleting_alone_withdraws_what_waits_ends_workflows_and_keeps_the_history(person, business):
    waiting = Message.objects.get(contact=person, body=f"Hi {NAME}")
    people.delete(contact=person, by=STAFF)
    building.work()
    deliver()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("dropped", "withdrawn")
    assert set(person.enrollments.values_list("exit_reason", flat=True)) == {"contact_deleted"}
    assert Event.objects.filter(contact=person, summary="Contact deleted").exists()
    assert Review.objects.filter(address=PHONE).exists()
    assert verification.verify(business=business.pk).violations == []
