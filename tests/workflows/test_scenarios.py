"""The three use cases that the product is known by."""

import pytest

from contacts.models import Notification, Task, Team
from tests.factories import ContactFactory, block
from tests.workflows.building import (
    EMAIL,
    SMS,
    TASK,
    enroll,
    flow,
    free,
    make_due,
    messages,
    on_dnd,
    path,
    put_tag,
    state,
    tags,
    work,
)
from workflows.models import Enrollment, Firing

pytestmark = pytest.mark.django_db
WAIT = {"kind": "wait", "for": "3d"}


def test_sms_opt_out(business):
    Team.objects.create(business=business, name="Marketing")
    texts, emails = (
        flow(business, SMS, WAIT, SMS, name="Texts"),
        flow(business, EMAIL, WAIT, EMAIL, name="Emails"),
    )
    flow(
        business,
        {"kind": "add_tag", "tag": "SMS Opt-Out"},
        {"kind": "remove_from_workflow", "which": "another", "workflow": str(texts.pk)},
        {
            "kind": "internal_notification",
            "to": "team:marketing",
            "message": "{{contact.first_name}} opted out of SMS",
        },
        triggers=[on_dnd(direction="outbound", flag="enabled_specific", channels=["sms"])],
        name="SMS opt-out",
    )
    contact = ContactFactory(business=business)
    in_texts, in_emails = enroll(texts, contact), enroll(emails, contact)
    work()

    block(contact, "sms")
    work()

    assert "SMS Opt-Out" in tags(contact)
    assert state(in_texts) == ("removed", "removed_by_external_workflow")
    assert Notification.objects.values_list("audience", "message").get() == (
        "team:Marketing",
        "Ada opted out of SMS",
    )
    assert state(in_emails) == ("waiting", "")
    make_due(in_emails)
    work()
    assert state(in_emails) == ("completed", "completed")
    assert [m[:2] for m in messages(contact)] == [("sms", "queued"), ("email", "queued"), ("email", "queued")]
    assert contact.messages.get(channel="sms").withdrawn


def test_opt_back_in(business):
    nurture = flow(business, {"kind": "add_tag", "tag": "Nurtured"}, WAIT, name="Nurture", allow_reentry=True)
    flow(
        business,
        {"kind": "remove_tag", "tag": "Do Not Contact"},
        {"kind": "internal_notification", "to": "managers", "message": "{{contact.name}} is back"},
        {"kind": "add_to_workflow", "workflow": str(nurture.pk)},
        triggers=[on_dnd(direction="outbound", flag="disabled_all")],
        name="Opt back in",
    )
    contact = ContactFactory(business=business)
    put_tag(contact, "Do Not Contact")
    before = enroll(nurture, contact)
    work()
    make_due(before)
    block(contact, "sms", "email", "call")
    work()
    free(contact, "sms")
    work()
    assert Firing.objects.count() == 0

    free(contact, "email", "call")
    work()

    assert tags(contact) == {"Nurtured"}
    assert Notification.objects.get().message == "Ada Byron is back"
    again = Enrollment.objects.exclude(pk=before.pk).get(workflow=nurture)
    assert path(again) == [("add_tag", "done", "")]
    assert (again.state, again.entered_by, again.depth) == ("waiting", "Workflow: Opt back in", 1)


def test_mid_workflow(business):
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, SMS, WAIT, EMAIL, TASK), contact)
    work()
    assert path(enrollment) == [("send_sms", "done", "")]

    block(contact, "email")
    make_due(enrollment)
    work()

    assert path(enrollment) == [
        ("send_sms", "done", ""),
        ("wait", "done", ""),
        ("send_email", "skipped", "dnd:email:user_request"),
        ("create_task", "done", ""),
    ]
    assert state(enrollment) == ("completed", "completed")
    assert [m[:2] for m in messages(contact)] == [("sms", "queued"), ("email", "dropped")]
    assert Task.objects.values_list("title", "created_by").get() == (
        "Call Ada Byron",
        enrollment.workflow.name,
    )
