"""Who sees what: signed in or not, of which business, with which role."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver

from compliance.free_text import Finding
from compliance.models import Review
from compliance.services import hearing, reviewing
from config.desk.exporting import runner
from contacts import locks
from contacts.models import ApiKey, Business, Contact, Import, Job, Membership, Task, Team
from contacts.services import jobs, keys, pipelines, tags, work
from dnd import services as dnd
from dnd.models import Change, DncEntry, Suppression
from messaging import services as messaging
from messaging.models import Broadcast, Connection, Message
from tests.desk.conftest import connect
from tests.factories import MANAGER, STAFF, ContactFactory, MembershipFactory, UserFactory, block
from tests.processes import writing
from workflows import services as workflows
from workflows.services import actions

pytestmark = pytest.mark.django_db

STEPS = [{"kind": "add_tag", "tag": "seen"}]
LISTS = (
    "/admin/contacts/contact/",
    "/admin/workflows/workflow/",
    "/admin/workflows/enrollment/",
    "/admin/messaging/message/",
    "/admin/messaging/broadcast/",
    "/admin/dnd/suppression/",
    "/admin/compliance/review/",
    "/admin/contacts/job/",
    "/admin/ledger/",
    "/admin/dnd/dncentry/",
    "/admin/dnc/check/",
)
FOR_ENTERPRISE = (
    "/admin/messaging/connection/",
    "/admin/contacts/apikey/",
    "/admin/contacts/membership/",
    "/admin/profile/",
    "/admin/people/add/",
    "/admin/teams/",
    "/admin/keys/add/",
    "/admin/connections/add/",
    "/admin/compliance/",
    "/admin/hours/",
    "/admin/hours/edit/?region=US-TX",
)
FOR_MANAGERS = (
    "/admin/bulk/dnd/",
    "/admin/workflows/workflow/new/",
    "/admin/broadcasts/new/",
    "/admin/suppressions/add/",
    "/admin/suppressions/import/",
    "/admin/suppressions/export/",
)
FOR_EVERYBODY = (
    "/admin/",
    "/admin/notifications/",
    "/admin/contacts/contact/add/",
    "/admin/reports/",
    "/admin/duplicates/",
    *LISTS,
)


def a_review(business: Business) -> Review:
    """A text from a stranger that was taken for an opt-out."""
    statement, _ = hearing.hear(
        business=business,
        channel="sms",
        address="+14155550177",
        reason="free_text_opt_out",
        provider_id="SM1:free_text",
        received_at=locks.now(),
    )
    return reviewing.open_review(
        statement, "Secret: stop texting me", Finding("cease writing", "Secret words")
    )


def a_pipeline(business: Business) -> dict[str, int]:
    pipeline = pipelines.create_pipeline(business=business, name="Secret pipeline", by=MANAGER)
    status = pipelines.create_status(pipeline=pipeline, data={"name": "Secret status"}, by=MANAGER)
    data = {"name": "Secret action", "category": "other", "operations": STEPS}
    action = actions.create(status=status, data=data, by=MANAGER)
    template = actions.save_template(action=action, by=MANAGER)
    return {"pipeline": pipeline.pk, "status": status.pk, "action": action.pk, "template": template.pk}


@pytest.fixture
def theirs(elsewhere):
    """One of everything that belongs to another business."""
    business = elsewhere.business
    connect(business)
    contact = ContactFactory(business=business, first_name="Secret", last_name="Stranger")
    block(contact, "sms", reason="dnc_list", by=MANAGER)
    tags.edit(business=business, contact=contact.pk, by=STAFF, add_names=["Secret tag"])
    work.create_tasks(business.pk, [(contact.pk, "Secret task", None, "")])
    workflow = workflows.create(
        business=business, data={"name": "Secret flow", "triggers": [], "steps": STEPS}, by=MANAGER
    )
    workflows.publish(workflow=workflow, by=MANAGER)
    enrollment = workflows.enroll(workflow=workflow, contact=contact.pk, by=MANAGER)
    key, _ = keys.issue(business=business, role="staff", name="Secret key")
    message = messaging.send_manual(
        business=business, contact=contact.pk, channel="email", subject="Secret", body="Secret", by=STAFF
    )
    job = jobs.create(business=business, kind=writing.KIND, title="Secret job", params={}, by=MANAGER)
    jobs.append(job, "secret", b"Secret")
    (listed,) = dnd.add_to_dnc(
        business=business, contacts=[contact.pk], channels=["gmb"], by=MANAGER, note="Secret"
    )
    export = jobs.create(business=business, kind=runner.KIND, title="Secret export", params={}, by=MANAGER)
    brought = Import.objects.create(
        business=business,
        filename="Secret.csv",
        size=1,
        lines=1,
        delimiter=",",
        fingerprint="",
        created_by="Mia",
    )
    return {
        **a_pipeline(business),
        "import": brought.pk,
        "export": export.pk,
        "entry": listed.entry,
        "line": Change.objects.filter(business=business).first().pk,
        "job": job.pk,
        "contact": contact.pk,
        "message": message.pk,
        "task": Task.objects.get(contact=contact).pk,
        "workflow": workflow.pk,
        "enrollment": enrollment.pk,
        "key": key.pk,
        "team": Team.objects.create(business=business, name="Secret team").pk,
        "membership": Membership.objects.filter(business=business).first().pk,
        "connection": Connection.objects.filter(business=business).first().pk,
        "broadcast": Broadcast.objects.create(business=business, name="Secret broadcast", text="Secret").pk,
        "review": a_review(business).pk,
        "suppression": Suppression.objects.filter(business=business, reason="dnc_list").first().pk,
    }


ADDRESSES = [
    "contacts/contact/{contact}/change/",
    "contacts/contact/{contact}/delete/",
    "contacts/contact/{contact}/history/",
    "contacts/contact/{contact}/edit/",
    "contacts/contact/{contact}/remove/",
    "contacts/contact/{contact}/dnd/",
    "contacts/contact/{contact}/erase/",
    "contacts/contact/{contact}/merge/",
    "contacts/contact/{contact}/dnd/undo/",
    "contacts/contact/{contact}/dnd/panel/",
    "contacts/contact/{contact}/dnd/state/",
    "contacts/contact/{contact}/message/preview/",
    "messages/{message}/why/",
    "contacts/contact/{contact}/dnd/note/",
    "contacts/contact/{contact}/tags/",
    "contacts/contact/{contact}/tasks/",
    "contacts/contact/{contact}/tasks/{task}/done/",
    "contacts/contact/{contact}/notes/",
    "contacts/contact/{contact}/enroll/",
    "contacts/contact/{contact}/message/",
    "contacts/contact/{contact}/timeline/",
    "contacts/contact/{contact}/part/tags/",
    "workflows/workflow/{workflow}/edit/",
    "workflows/workflow/{workflow}/edit/publish/",
    "workflows/workflow/{workflow}/edit/unpublish/",
    "workflows/workflow/{workflow}/edit/remove/",
    "workflows/workflow/{workflow}/edit/status/",
    "workflows/workflow/{workflow}/change/",
    "workflows/enrollment/{enrollment}/path/",
    "people/{membership}/",
    "teams/{team}/",
    "keys/{key}/revoke/",
    "connections/{connection}/",
    "connections/{connection}/pace/",
    "contacts/contact/{contact}/preferred/",
    "connections/{connection}/switch/",
    "connections/{connection}/test/",
    "broadcasts/{broadcast}/",
    "broadcasts/{broadcast}/preview/",
    "broadcasts/{broadcast}/outcomes/",
    "broadcasts/{broadcast}/progress/",
    "broadcasts/{broadcast}/pause/",
    "broadcasts/{broadcast}/resume/",
    "broadcasts/{broadcast}/stop/",
    "reviews/{review}/",
    "suppressions/{suppression}/lift/",
    "contacts/contact/{contact}/status/",
    "contacts/contact/{contact}/actions/",
    "contacts/contact/{contact}/actions/{action}/",
    "exports/{export}/",
    "imports/{import}/",
    "imports/{import}/columns/",
    "imports/{import}/go/",
    "imports/{import}/stop/",
    "imports/{import}/discard/",
    "imports/{import}/rows/",
    "pipelines/{pipeline}/",
    "pipelines/{pipeline}/status/",
    "pipelines/status/{status}/",
    "pipelines/status/{status}/remove/",
    "pipelines/status/{status}/shift/",
    "pipelines/status/{status}/action/",
    "pipelines/action/{action}/",
    "pipelines/action/{action}/remove/",
    "pipelines/action/{action}/copy/",
    "pipelines/action/{action}/template/",
    "pipelines/template/{template}/",
    "jobs/{job}/",
    "jobs/{job}/line/",
    "jobs/{job}/cancel/",
    "jobs/{job}/refused/",
    "jobs/{job}/files/secret/",
    "contacts/contact/{contact}/as-of/",
    "dnc/{entry}/",
    "ledger/{line}/",
]


def test_every_address_with_an_id_is_tried():
    """An address that is added to the desk is added to the list above."""
    ours = get_resolver("config.desk.urls").url_patterns
    patterns = {
        re.sub(r"<str:\w+>", "*", str(pattern.pattern)) for pattern in ours if "<str:" in str(pattern.pattern)
    }

    assert patterns == {
        re.sub(r"\{\w+\}|(?<=part/)tags|(?<=files/)secret", "*", address)
        for address in ADDRESSES
        if not re.search(r"/(change|history)/$|^contacts/contact/.*/delete/$", address)
    }


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_belongs_to_another_business_does_not_exist(signed_in, theirs, address, method):
    client = signed_in("enterprise")

    answer = getattr(client, method)(f"/admin/{address.format(**theirs)}")

    allowed = (404, 405) if method == "get" else (404, 403, 405)
    assert answer.status_code in allowed
    assert b"Secret" not in answer.content


def test_nothing_of_another_business_changes(signed_in, theirs):
    client = signed_in("enterprise")
    for address in ADDRESSES:
        for data in (
            {},
            {"change": "outbound.sms.allow", "note": "x"},
            {"remove": "1"},
            {"do": "remove"},
            {"decision": "reject"},
        ):
            client.post(f"/admin/{address.format(**theirs)}", data)

    contact = Contact.objects.get(pk=theirs["contact"])
    assert (contact.name, contact.standing.version, contact.deleted_at) == ("Secret Stranger", 2, None)
    assert Task.objects.get().done_at is None
    assert ApiKey.objects.valid().exists()
    assert Team.objects.filter(name="Secret team").exists()
    assert Connection.objects.filter(business=contact.business).count() == 2
    assert Review.objects.get().state == "open"
    assert set(Job.objects.values_list("state", flat=True)) == {"queued"}
    assert set(DncEntry.objects.values_list("lifted_at", flat=True)) == {None}
    assert workflows.is_published(contact.business.workflows.get())


@pytest.mark.parametrize("address", LISTS + FOR_ENTERPRISE + ("/admin/",))
def test_lists_show_nothing_of_another_business(signed_in, theirs, address):
    answer = signed_in("enterprise").get(address)

    assert answer.status_code == 200
    assert b"Secret" not in answer.content


def test_a_filter_by_another_business_finds_nothing(signed_in, theirs):
    client = signed_in("enterprise")

    for query in (
        f"messaging/message/?contact={theirs['contact']}",
        f"workflows/enrollment/?workflow={theirs['workflow']}",
    ):
        assert b"Secret" not in client.get(f"/admin/{query}").content


@pytest.mark.parametrize("address", [*FOR_EVERYBODY, *FOR_MANAGERS, *FOR_ENTERPRISE])
def test_whoever_is_not_signed_in_is_led_to_sign_in(client, address):
    answer = client.get(address, follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_part_asked_for_after_signing_out_leads_the_page_to_sign_in(client, clinic):
    contact = ContactFactory(business=clinic.business)

    answer = client.get(
        f"/admin/contacts/contact/{contact.pk}/timeline/",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": f"http://testserver/admin/contacts/contact/{contact.pk}/change/",
        },
    )

    assert (
        answer.headers["HX-Redirect"] == f"/accounts/login/?next=/admin/contacts/contact/{contact.pk}/change/"
    )


@pytest.mark.parametrize("role", ["staff", "manager", "enterprise"])
def test_each_role_opens_its_pages_and_reads_why_not_the_others(signed_in, role):
    client = signed_in(role)
    allowed = {
        "staff": FOR_EVERYBODY,
        "manager": FOR_EVERYBODY + FOR_MANAGERS,
        "enterprise": FOR_EVERYBODY + FOR_MANAGERS + FOR_ENTERPRISE,
    }[role]

    for address in FOR_EVERYBODY + FOR_MANAGERS + FOR_ENTERPRISE:
        answer = client.get(address)
        assert answer.status_code == (200 if address in allowed else 403), address


def test_the_menu_names_only_what_one_may_open(signed_in):
    staff, enterprise = (signed_in(role).get("/admin/").content for role in ("staff", "enterprise"))

    assert b"API keys" in enterprise
    assert b"API keys" not in staff


def test_staff_read_a_workflow_in_words_and_cannot_change_it(signed_in, clinic):
    workflow = workflows.create(
        business=clinic.business, data={"name": "Reminder", "triggers": [], "steps": STEPS}, by=MANAGER
    )
    client = signed_in("staff")
    page = f"/admin/workflows/workflow/{workflow.pk}/edit/"

    shown = client.get(page).content.decode()
    saved = client.post(page, {"name": "Mine", "triggers": [], "steps": []}, content_type="application/json")
    published = client.post(f"{page}publish/")

    assert "Add the tag “seen”" in shown
    assert "workflowEditor" not in shown
    assert (saved.status_code, published.status_code) == (403, 403)
    assert "This needs the role manager." in published.content.decode()
    workflow.refresh_from_db()
    assert (workflow.name, workflows.is_published(workflow)) == ("Reminder", False)


@pytest.mark.parametrize(
    ("address", "status"), [("/admin/keys/add/", 403), ("/admin/contacts/contact/0/edit/", 404)]
)
def test_what_cannot_be_opened_is_said_in_words_with_the_menu_around_it(signed_in, address, status):
    answer = signed_in("staff").get(address)

    words = {403: "You may not do this in Harbour", 404: "There is nothing at this address in Harbour"}[
        status
    ]
    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert "Your account" in answer.content.decode()


def test_an_address_that_there_is_not_is_said_in_words(signed_in):
    answer = signed_in("staff").get("/nowhere/")

    assert (answer.status_code, "There is nothing at this address" in answer.content.decode()) == (404, True)


def test_a_form_that_was_open_for_too_long_is_refused_in_words(clinic):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clinic.people["staff"])

    answer = client.post("/admin/notifications/")

    assert (answer.status_code, "This page was open for too long" in answer.content.decode()) == (403, True)


def test_somebody_without_a_business_reads_what_to_do(client):
    client.force_login(UserFactory())

    answer = client.get("/admin/contacts/contact/")

    assert answer.status_code == 403
    assert b"You belong to no business yet" in answer.content
    assert b"Start a business" not in answer.content


def test_whoever_manages_the_installation_starts_the_first_business(client):
    client.force_login(UserFactory(is_superuser=True))

    assert b"Start a business" in client.get("/admin/").content
    client.post("/admin/business/found/", {"name": "New Clinic"})

    business = Business.objects.get()
    assert (business.name, business.slug) == ("New Clinic", "new-clinic")
    assert business.memberships.get().role == "enterprise"
    assert client.get("/admin/").status_code == 200


def test_nobody_else_starts_a_business(client, signed_in):
    stranger = UserFactory()
    client.force_login(stranger)

    assert client.post("/admin/business/found/", {"name": "Mine"}).status_code == 403
    assert signed_in("enterprise").post("/admin/business/found/", {"name": "Mine"}).status_code == 403
    assert not Business.objects.filter(name="Mine").exists()


def test_somebody_of_two_businesses_works_in_one_at_a_time(clinic, elsewhere):
    both = clinic.people["staff"]
    MembershipFactory(business=elsewhere.business, user=both, role="enterprise")
    ours, theirs = ContactFactory(business=clinic.business), ContactFactory(business=elsewhere.business)
    client = Client()
    client.force_login(both)

    def found():
        return [
            client.get(f"/admin/contacts/contact/{contact.pk}/change/").status_code == 200
            for contact in (ours, theirs)
        ]

    client.post("/admin/business/switch/", {"business": clinic.business.slug})
    assert (found(), client.get("/admin/profile/").status_code) == ([True, False], 403)
    client.post("/admin/business/switch/", {"business": elsewhere.business.slug})
    assert (found(), client.get("/admin/profile/").status_code) == ([False, True], 200)


def test_one_cannot_switch_to_a_business_that_one_does_not_belong_to(signed_in, elsewhere):
    client = signed_in("staff")

    assert client.post("/admin/business/switch/", {"business": elsewhere.business.slug}).status_code == 404
    assert client.get("/admin/business/switch/").status_code == 405


def test_a_membership_that_was_taken_away_counts_no_more(signed_in, clinic):
    client = signed_in("manager")
    assert client.get("/admin/").status_code == 200

    Membership.objects.filter(user=clinic.people["manager"]).delete()

    assert client.get("/admin/").status_code == 403


def test_nothing_that_is_not_ours_is_registered():
    from django.contrib import admin

    names = {model.__name__ for model in admin.site._registry}
    assert names == {
        "Contact", "Membership", "ApiKey", "Change", "Suppression", "Message", "Broadcast", "Connection", "Workflow",
        "Enrollment", "Review", "Job", "DncEntry",
    }  # fmt: skip


def test_reading_changes_nothing(signed_in, clinic, django_assert_num_queries):
    """A GET of every page writes no row: not even that somebody looked."""
    contact = ContactFactory(business=clinic.business)
    client = signed_in("enterprise")
    before = (Contact.objects.count(), Message.objects.count(), contact.events.count())

    for address in FOR_EVERYBODY + FOR_MANAGERS + FOR_ENTERPRISE:
        client.get(address)
        client.get(f"/admin/contacts/contact/{contact.pk}/change/")

    assert (Contact.objects.count(), Message.objects.count(), contact.events.count()) == before


def test_the_desk_allows_no_script_in_the_page_and_the_sign_in_page_is_strict(signed_in, client):
    desk = signed_in("staff").get("/admin/").headers["Content-Security-Policy"]
    sign_in = client.get(f"{settings.LOGIN_URL and '/accounts/login/'}").headers["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval'" in desk
    assert "unsafe-inline" not in desk.split("style-src")[0]
    assert "unsafe" not in sign_in
