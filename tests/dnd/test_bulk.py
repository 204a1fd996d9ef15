"""Changing DND for many contacts: each once, in batches, and only what may be lifted for many at once."""

import pytest

from contacts.actors import Actor
from contacts.models import Contact, Job
from contacts.services import jobs, merging
from contacts.services.errors import Invalid, RoleRequired
from dnd import services as dnd
from dnd import verification
from dnd.models import Change, Ground
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory, block
from tests.processes import crowd

EVERYBODY = dnd.Whom(wanted={})


@pytest.fixture
def business(db):
    return BusinessFactory()


def bulk(business, whom=EVERYBODY, *, by=MANAGER, note="", **outbound):
    return dnd.change_in_bulk(
        business=business, whom=whom, wish=dnd.Wish(outbound=outbound, note=note), by=by
    )


def run(job):
    jobs.run_due(60)
    job.refresh_from_db()
    return job


def counts(job):
    return job.state, job.done, job.changed, job.unchanged, job.refused


def blocked(contact):
    return sorted(Ground.objects.filter(contact=contact).values_list("channel", flat=True))


def test_everybody_who_matches_is_blocked_once_whatever_that_does_to_the_filter(business):
    crowd.contacts(business, 1203)
    free = dnd.Whom(wanted={"dnd_state": "off"})

    job = run(bulk(business, free, sms=True, email=True))

    assert counts(job) == ("done", 1203, 1203, 0, 0)
    assert job.title == "Block SMS and Email for 1,203 contacts"
    assert Change.objects.count() == 1203
    assert set(Change.objects.values_list("version", "source", "actor")) == {(1, "user", "Mia Manager")}
    assert not free.found(business).exists()
    assert verification.verify(business=business.pk).violations == []


def test_each_line_names_the_job_that_wrote_it(business):
    ContactFactory(business=business)

    job = run(bulk(business, sms=True))

    assert Change.objects.get().evidence == [f"job:{job.pk}"]


def test_those_who_stand_as_asked_for_are_counted_as_such(business):
    block(ContactFactory(business=business), "sms")
    ContactFactory(business=business)

    assert counts(run(bulk(business, sms=True))) == ("done", 2, 1, 1, 0)


def test_a_list_of_ids_is_gone_through_once_each(business):
    ids = crowd.contacts(business, 700)
    crowd.contacts(business, 5)

    job = run(bulk(business, dnd.Whom(ids=[*reversed(ids), *ids[:50]]), sms=True))

    assert counts(job) == ("done", 700, 700, 0, 0)
    assert Change.objects.count() == 700


def test_whoever_comes_to_match_after_the_start_is_not_among_them(business):
    ContactFactory(business=business)
    job = bulk(business, sms=True)
    late = ContactFactory(business=business)

    run(job)

    assert (job.done, blocked(late)) == (1, [])


def test_a_contact_deleted_meanwhile_is_told(business):
    ids = crowd.contacts(business, 2)
    job = bulk(business, dnd.Whom(ids=ids), sms=True)
    Contact.objects.filter(pk=ids[0]).update(deleted_at=job.created_at)

    run(job)

    assert counts(job) == ("done", 2, 1, 0, 1)
    assert job.refusals.get().detail == "This contact was deleted meanwhile."


def test_one_who_became_part_of_another_meanwhile_is_blocked_as_that_other(business):
    winner, loser, third = (ContactFactory(business=business) for _ in range(3))
    job = bulk(business, dnd.Whom(ids=[loser.pk, third.pk]), sms=True)
    both = bulk(business, dnd.Whom(ids=[winner.pk, loser.pk]), email=True)
    merging.merge(business=business, winner=winner.pk, loser=loser.pk, by=MANAGER)

    run(job)
    run(both)

    assert counts(job) == ("done", 2, 2, 0, 0)
    assert counts(both) == ("done", 2, 1, 1, 0)
    assert blocked(winner) == ["email", "sms"]


LIFTABLE = {
    "user_request": Actor("user", "Sam", "staff"),
    "workflow": Actor("workflow", "Nurture"),
    "import": Actor("import", "May"),
}
NOT_LIFTABLE = {
    "stop_keyword": Actor.contact(),
    "carrier_blocked": Actor.provider("Twilio"),
    "carrier_unreachable": Actor.provider("Twilio"),
    "free_text_opt_out": Actor.contact(),
    "preference_page": Actor.contact(),
    "record_system": Actor("sync", "Records"),
    "dnc_list": Actor("user", "Mia", "manager"),
}


@pytest.mark.parametrize(("reason", "by"), LIFTABLE.items())
def test_what_users_workflows_and_imports_set_is_lifted_with_a_note(business, reason, by):
    contact = ContactFactory(business=business)
    block(contact, "sms", reason=reason, by=by)

    job = run(bulk(business, note="They signed the form", sms=False))

    assert counts(job) == ("done", 1, 1, 0, 0)
    assert blocked(contact) == []


@pytest.mark.parametrize(("reason", "by"), NOT_LIFTABLE.items())
@pytest.mark.parametrize("actor", [MANAGER, ENTERPRISE])
def test_nothing_else_is_lifted_for_many_at_once_by_anybody(business, reason, by, actor):
    contact = ContactFactory(business=business)
    block(contact, "sms", reason=reason, by=by)
    other = ContactFactory(business=business)
    block(other, "sms")

    job = run(bulk(business, note="They signed the form", by=actor, sms=False))

    assert counts(job) == ("done", 2, 1, 0, 1)
    assert (blocked(contact), blocked(other)) == (["sms"], [])
    refusal = job.refusals.get()
    assert (refusal.contact, refusal.code) == (contact, "dnd_locked")
    assert refusal.detail.startswith("SMS: ")


def test_a_contact_is_freed_wholly_or_not_at_all(business):
    contact = ContactFactory(business=business)
    block(contact, "email")
    block(contact, "sms", reason="stop_keyword", by=Actor.contact())

    run(bulk(business, note="Signed", sms=False, email=False))

    assert blocked(contact) == ["email", "sms"]


def test_lifting_without_a_note_is_refused_before_anything_begins(business):
    with pytest.raises(dnd.Refused) as refused:
        bulk(business, sms=False)

    assert refused.value.code == "note_required"
    assert not Job.objects.exists()


def test_asking_for_nothing_is_refused(business):
    with pytest.raises(Invalid):
        bulk(business)


def test_staff_change_one_contact_at_a_time(business):
    with pytest.raises(RoleRequired):
        bulk(business, by=STAFF, sms=True)

    assert not Job.objects.exists()


def test_nobody_of_another_business_is_changed(business):
    theirs = ContactFactory()
    mine = ContactFactory(business=business)

    run(bulk(business, dnd.Whom(ids=[theirs.pk, mine.pk]), sms=True))

    assert (blocked(theirs), blocked(mine)) == ([], ["sms"])


def test_a_filter_that_nobody_meets_is_done_at_once(business):
    assert counts(run(bulk(business, sms=True))) == ("done", 0, 0, 0, 0)
