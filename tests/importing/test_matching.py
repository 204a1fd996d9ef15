"""Whom a row is about, and what it changes of them."""

import pytest

from config.desk.importing import runners
from contacts.models import Contact, ContactPoint, Event, Job
from contacts.services import importing, jobs, tags
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.services.jobs import running
from dnd import verification
from tests.factories import MANAGER, STAFF, ContactFactory, add_phone
from tests.importing.conftest import bring, check, contact_of, work


def emails(contact: Contact) -> list[str]:
    return list(contact.points.filter(kind="email").values_list("value", flat=True))


def test_the_external_id_counts_before_the_address(business, brought):
    ada = ContactFactory(business=business, external_id="1", email="ada@example.org", phone=False)
    other = ContactFactory(business=business, external_id="2", email="other@example.org", phone=False)

    brought("external_id,email,last_name\n1,other@example.org,Lovelace\n")

    ada.refresh_from_db()
    assert (ada.last_name, emails(ada), emails(other)) == (
        "Lovelace",
        ["other@example.org"],
        ["other@example.org"],
    )


def test_a_contact_without_an_external_id_gets_the_one_of_its_row(business, brought):
    ada = ContactFactory(business=business, email="ada@example.org", phone=False)

    brought("external_id,email\nMRN-1,ADA@example.org\n")

    ada.refresh_from_db()
    assert ada.external_id == "MRN-1"


def test_another_external_id_at_the_same_address_is_another_person(business, brought):
    ContactFactory(business=business, external_id="1", email="family@example.org", phone=False)

    brought("external_id,email\n2,family@example.org\n")

    assert sorted(Contact.objects.values_list("external_id", flat=True)) == ["1", "2"]


def test_by_phone_when_the_business_says_so(business, brought):
    ada = ContactFactory(business=business, phone="+14155550100", email=False)

    filed = brought("first_name,phone,mobile\nAugusta,+14155550100,(415) 555-0199\n", match="phone")

    ada.refresh_from_db()
    assert (filed.result, ada.first_name) == ({"updated": 1}, "Augusta")
    assert list(ada.points.values_list("value", "label")) == [
        ("+14155550100", ""),
        ("+14155550199", "mobile"),
    ]


def test_nobody_can_tell_which_of_two_is_meant(business, brought):
    for _ in range(2):
        ContactFactory(business=business, email="family@example.org", phone=False)

    filed = brought("email,last_name\nfamily@example.org,Lovelace\n")

    assert filed.told() == {2: "2 contacts have this email: give the external id of the one that is meant."}
    assert not Contact.objects.filter(last_name="Lovelace").exists()


def test_what_a_row_leaves_empty_stays(business, brought):
    ada = ContactFactory(business=business, email="ada@example.org", timezone="America/Chicago")
    tags.edit(business=business, contact=ada.pk, by=STAFF, add_names=["vip"])

    filed = brought("email,first_name,last_name,timezone,phone,tags\nada@example.org,,,,,\n")

    ada.refresh_from_db()
    assert filed.result == {"unchanged": 1}
    assert (ada.first_name, ada.timezone, tags.names_of(ada.pk)) == ("Ada", "America/Chicago", ["vip"])


def test_rows_about_one_contact_the_first_counts_and_every_block(brought):
    filed = brought(
        "email,first_name,dnd_sms\nada@example.org,Ada,no\nADA@example.org,Augusta,yes\nada@example.org,Countess,no\n"
    )

    ada = Contact.objects.get()
    assert (ada.first_name, ada.standing.outbound) == ("Ada", 2)
    assert sorted(filed.told()) == [3, 4]
    assert "Row 2 is about the same contact" in filed.told()[3]


def test_rows_that_hang_together_by_their_phones_are_one_contact(brought):
    filed = brought(
        "phone,phone 2,dnd_call\n4155550100,4155550101,\n4155550101,4155550102,\n4155550102,,yes\n",
        match="phone",
    )

    assert Contact.objects.get().standing.outbound == 1
    assert sorted(filed.told()) == [3, 4]


def test_two_rows_that_turn_out_to_be_one_contact(business, brought):
    ada = ContactFactory(business=business, external_id="1", email="ada@example.org", phone=False)

    filed = brought("external_id,email,dnd_email\n1,,\n,ada@example.org,yes\n")

    assert Contact.objects.get() == ada
    assert ada.standing.outbound == 4
    assert filed.told() == {3: "Row 2 is about the same contact."}


def test_what_happened_is_on_the_timeline_and_starts_workflows(business, brought):
    ada = ContactFactory(business=business, email="ada@example.org", phone=False)

    brought("email,last_name\nada@example.org,Lovelace\nzoe@example.org,Zed\n", tags=("spring",))

    happened = set(Event.objects.values_list("contact", "kind", "summary", "state", "source"))
    zoe = contact_of("zoe@example.org").pk
    assert happened == {
        (ada.pk, "contact_updated", "Contact updated: last_name", "pending", "import"),
        (ada.pk, "tag_added", "Tag “spring” added", "pending", "import"),
        (zoe, "contact_created", "Contact created", "pending", "import"),
        (zoe, "tag_added", "Tag “spring” added", "pending", "import"),
    }
    assert all(event.tags == ["spring"] for event in Event.objects.all())


def test_an_import_may_leave_workflows_alone(business):
    source = bring(business, "email\nzoe@example.org\n")
    importing.choose(
        source=source, targets=["email"], match="email", tag_names=["x"], starts=False, by=MANAGER
    )
    work()
    importing.go(source=source, by=MANAGER)
    work()

    assert set(Event.objects.values_list("state", flat=True)) == {"recorded"}


def test_the_check_changes_nothing_and_says_what_the_run_then_does(business):
    ada = ContactFactory(business=business, email="ada@example.org", phone=False)
    text = "email,last_name,dnd_sms\nada@example.org,Lovelace,yes\nzoe@example.org,Zed,yes\nbad,,\n"

    filed = check(bring(business, text))

    assert (Contact.objects.count(), Event.objects.count()) == (1, 0)
    assert filed.found == {"rows": 2, "unread": 1, "created": 1, "updated": 1, "blocked": 2}
    importing.go(source=filed.source, by=MANAGER)
    work()
    ada.refresh_from_db()
    assert (ada.last_name, filed.result) == ("Lovelace", {"created": 1, "updated": 1, "blocked": 2})
    assert verification.verify(business=business.pk).violations == []


def test_a_file_imported_twice_changes_nothing_the_second_time(business, brought):
    text = "external_id,email,phone,tags,dnd_email\n1,ada@example.org,4155550100,vip,yes\n"
    brought(text)
    events = Event.objects.count()

    assert brought(text).result == {"unchanged": 1}
    assert Event.objects.count() == events


def test_the_file_is_gone_once_it_is_imported(brought):
    filed = brought("email\nzoe@example.org\n")

    filed.source.refresh_from_db()
    assert (filed.source.state, filed.source.samples) == ("done", [])
    assert not filed.source.rows.exists()
    assert not filed.source.pieces.exists()


def test_a_cancelled_import_goes_on_where_it_stopped(business, monkeypatch):
    monkeypatch.setattr(runners, "WRITTEN_ROWS", 2)
    filed = check(bring(business, "email\n" + "".join(f"a{n}@example.org\n" for n in range(5))))
    first = importing.go(source=filed.source, by=MANAGER)
    claimed = running._claim()
    running._batch(claimed)
    jobs.cancel(job=first, by=MANAGER)
    assert Contact.objects.count() == 2

    second = importing.go(source=filed.source, by=MANAGER)
    assert importing.go(source=filed.source, by=MANAGER) == second != first
    work()

    assert (Contact.objects.count(), ContactPoint.objects.count()) == (5, 5)
    assert filed.result == {"created": 5}
    assert Job.objects.get(pk=first.pk).state == "cancelled"


def test_a_discarded_file_is_gone_and_cannot_be_imported(business):
    filed = check(bring(business, "email\nzoe@example.org\n"))
    importing.discard(source=filed.source, by=MANAGER)

    assert not filed.source.pieces.exists()
    with pytest.raises(Conflict):
        importing.go(source=filed.source, by=MANAGER)


def test_staff_may_not_import(business):
    source = bring(business, "email\nzoe@example.org\n")

    for attempt in (
        lambda: importing.choose(
            source=source, targets=["email"], match="email", tag_names=[], starts=True, by=STAFF
        ),
        lambda: importing.go(source=source, by=STAFF),
        lambda: importing.discard(source=source, by=STAFF),
    ):
        with pytest.raises(RoleRequired):
            attempt()


def test_a_mapping_that_says_nobody_is_refused(business):
    with pytest.raises(Invalid, match="No column says who the contacts are"):
        check(bring(business, "a,b\n1,2\n"), targets=["tags", ""])


def test_a_row_about_a_contact_of_another_business_makes_one_of_its_own(business, brought):
    other = ContactFactory(email="ada@example.org", phone=False, external_id="1")

    brought("external_id,email,last_name\n1,ada@example.org,Lovelace\n")

    other.refresh_from_db()
    assert other.last_name == "Byron"
    assert Contact.objects.filter(business=business).count() == 1


def test_twenty_numbers_are_the_most(business, brought):
    ada = ContactFactory(business=business, email="ada@example.org")
    for n in range(19):
        add_phone(ada, f"+141555502{n:02d}")

    filed = brought("email,phone\nada@example.org,4155550300\n")

    assert "more than 20 phones" in filed.told()[2]
