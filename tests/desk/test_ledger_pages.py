"""The ledger in the open: found by any filter, each line with its cause, verified, exported, and as of a moment."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from contacts import locks
from contacts.actors import Actor
from contacts.models import Job
from contacts.services import jobs
from dnd import reading_ledger
from dnd import services as dnd
from dnd.models import Change
from dnd.reading_ledger import Wanted
from tests.factories import MANAGER, STAFF, ContactFactory, block
from tests.processes import crowd

LEDGER = "/admin/ledger/"


@pytest.fixture
def contact(clinic):
    return ContactFactory(business=clinic.business, first_name="Ada", last_name="Byron")


@pytest.fixture
def history(contact, clinic):
    other = ContactFactory(business=clinic.business, first_name="Grace", last_name="Hopper")
    block(contact, "sms")
    block(contact, "email", reason="email_bounce", by=Actor.provider("Mailer"))
    block(other, "call", by=MANAGER)
    wish = dnd.Wish(inbound={"sms": True})
    dnd.change_one(business=clinic.business, contact=other.pk, wish=wish, by=STAFF)


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("", 4), ("contact=byron", 2), ("contact=nobody", 0), ("channel=sms", 2), ("channel=sms&direction=outbound", 1),
        ("direction=inbound", 1), ("source=provider", 1), ("reason=email_bounce", 1), ("actor=Mia+Manager", 1),
        ("actor=Mia", 0), ("first=2001-01-01&last=2001-01-02", 0), ("first=2001-01-01", 4),
        ("source=user&reason=email_bounce", 0), ("before=0-0", 0), ("before=nonsense", 4),
    ],
)  # fmt: skip
def test_lines_are_found_by_each_filter(signed_in, history, query, lines):
    answer = signed_in("staff").get(f"{LEDGER}?{query}")

    assert answer.status_code == 200
    assert answer.content.decode().count('data-label="Change"') == lines


@pytest.mark.parametrize("query", ["channel=fax", "source=x", "first=yesterday", "reason=x"])
def test_a_filter_that_cannot_be_read_is_said_at_its_field(signed_in, history, query):
    answer = signed_in("staff").get(f"{LEDGER}?{query}")

    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()


def test_every_line_is_on_exactly_one_page_whatever_is_written_meanwhile(clinic):
    ids = crowd.contacts(clinic.business, 130)
    wish = dnd.Wish(outbound={"sms": True})
    dnd.change(business=clinic.business, contacts=ids, wish=wish, by=MANAGER)  # all at one moment
    seen, place = [], None
    while True:
        page = reading_ledger.page(clinic.business.pk, Wanted(), before=place, size=40)
        seen += [line.pk for line in page.lines]
        block(ContactFactory(business=clinic.business), "email")
        if (place := page.next) is None:
            break

    expected = (
        Change.objects.filter(contact__in=ids).order_by("-recorded_at", "-pk").values_list("pk", flat=True)
    )
    assert seen == list(expected)


def test_a_rare_line_far_back_is_found_page_by_page(clinic, monkeypatch):
    monkeypatch.setattr(reading_ledger, "WINDOW", 30)
    rare = ContactFactory(business=clinic.business)
    block(rare, "gmb")
    for pk in crowd.contacts(clinic.business, 100):
        dnd.change_one(
            business=clinic.business, contact=pk, wish=dnd.Wish(outbound={"sms": True}), by=MANAGER
        )

    pages, place = [], None
    for _ in range(10):
        page = reading_ledger.page(clinic.business.pk, Wanted(channel="gmb"), before=place)
        pages.append((len(page.lines), page.cut_short))
        if (place := page.next) is None:
            break

    assert pages == [(0, True), (0, True), (0, True), (1, False)]


def test_a_line_says_what_it_came_from(signed_in, clinic, contact):
    job = dnd.change_in_bulk(
        business=clinic.business, whom=dnd.Whom(wanted={}), wish=dnd.Wish(outbound={"sms": True}), by=MANAGER
    )
    jobs.run_due(60)
    (listed,) = dnd.add_to_dnc(business=clinic.business, contacts=[contact.pk], channels=["call"], by=MANAGER)
    dnd.lift_entry(business=clinic.business, entry=listed.entry, by=MANAGER, note="Signed")
    first, _, last = Change.objects.order_by("version")
    client = signed_in("staff")

    of_the_job = client.get(f"{LEDGER}{first.pk}/").content.decode()
    of_the_list = client.get(f"{LEDGER}{last.pk}/").content.decode()

    assert f'href="/admin/jobs/{job.pk}/"' in of_the_job
    assert first.hash in of_the_job
    assert f'href="/admin/dnc/{listed.entry}/"' in of_the_list


def test_the_old_address_leads_to_the_new_one(signed_in, history):
    answer = signed_in("staff").get("/admin/dnd/change/?reason=email_bounce")

    assert (answer.status_code, answer.url) == (302, "/admin/ledger/?reason=email_bounce")


def test_verifying_is_for_managers_and_exporting_for_enterprise(signed_in, history):
    for role, may in (("staff", (403, 403)), ("manager", (302, 403)), ("enterprise", (302, 302))):
        client = signed_in(role)
        page = client.get(LEDGER).content.decode()
        got = (
            client.post(f"{LEDGER}verify/").status_code,
            client.post(f"{LEDGER}export/", {"format": "csv"}).status_code,
        )
        assert got == may
        assert ("Verify" in page, "Export CSV" in page) == tuple(code == 302 for code in may)
    assert Job.objects.count() == 3


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_an_auditor_verifies_and_takes_the_ledger_out(desk, history, width):
    at = desk("enterprise", width=width)
    page = at.open(LEDGER)
    page.get_by_role("button", name="Verify").click()
    jobs.run_due(60)
    expect(page.get_by_role("link", name="result.txt")).to_be_visible()

    at.open(LEDGER)
    page.get_by_role("button", name="Export JSON lines").click()
    jobs.run_due(60)
    with page.expect_download() as download:
        page.get_by_role("link", name="ledger.jsonl").click()

    assert download.value.path().read_text().count("\n") == 5


def test_what_was_allowed_then_is_shown_and_a_wrong_moment_is_said(signed_in, contact):
    block(contact, "sms")
    recorded = Change.objects.get().recorded_at
    client, address = signed_in("staff"), f"/admin/contacts/contact/{contact.pk}/as-of/"

    zone = ZoneInfo(contact.business.timezone)

    def at(moment):
        return client.get(address, {"at": f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S}"})

    assert client.get(address).status_code == 200
    assert "Blocked" not in at(recorded - timedelta(days=1)).content.decode()
    assert at(locks.now() + timedelta(days=1)).status_code == 422
    assert client.get(address, {"at": "nonsense"}).status_code == 422
