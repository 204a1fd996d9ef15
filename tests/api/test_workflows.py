"""Workflows and enrollments over REST."""

import pytest

from contacts.models import Event
from tests.factories import ContactFactory
from workflows.models import Enrollment, Workflow

OPT_OUT = {
    "name": "SMS opt-out",
    "settings": {"allow_reentry": True, "remove_when_all_dnd": False},
    "triggers": [
        {
            "type": "contact_dnd",
            "name": "SMS Opt-Out",
            "filters": {
                "direction": "outbound",
                "flag": "enabled_specific",
                "channels": ["sms"],
                "tags": {"op": "none_of", "values": ["vip"]},
                "sources": [],
                "reasons": [],
            },
        }
    ],
    "steps": [
        {"kind": "add_tag", "tag": "SMS Opt-Out"},
        {
            "kind": "internal_notification",
            "to": "managers",
            "message": "{{contact.first_name}} opted out of SMS",
        },
        {
            "kind": "if_else",
            "condition": {"all": [{"field": "tag", "op": "is", "value": "vip"}]},
            "then": [{"kind": "wait", "for": "2h"}],
            "else": [{"kind": "stop"}],
        },
    ],
}


@pytest.fixture
def workflow(api):
    return api.post("workflows/", OPT_OUT).body


def test_a_workflow_is_kept_as_it_was_given(api):
    made = api.post("workflows/", OPT_OUT)

    assert made.status == 201
    row = Workflow.objects.get()
    assert made.body == OPT_OUT | {
        "id": str(row.pk),
        "published": False,
        "version": None,
        "created_at": row.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "changed_at": row.changed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    assert api.get(f"workflows/{row.pk}/").body == made.body
    assert api.get("workflows/").body["results"] == [made.body]


def test_a_setting_left_out_is_false(api):
    assert api.post("workflows/", {"name": "Bare"}).body["settings"] == {
        "allow_reentry": False,
        "remove_when_all_dnd": False,
    }


def test_an_unknown_field_and_a_missing_one_have_the_words_that_they_have_everywhere(api):
    answer = api.post("workflows/", {"nmae": "Bare", "steps": [{"kind": "add_tag", "tga": "vip"}]})

    assert dict(zip(answer.fields, answer.codes, strict=True)) == {
        "nmae": "unknown", "name": "required", "steps.0.tga": "unknown", "steps.0.tag": "required",
    }  # fmt: skip
    assert answer.body["errors"][0]["detail"] == "Unknown field: use name, settings, triggers, steps."
    assert api.post("workflows/", {"name": 1}).codes == ["invalid"]


def test_a_patch_that_changes_nothing_leaves_the_time_of_the_last_change(api, workflow):
    address = f"workflows/{workflow['id']}/"

    assert api.patch(address, {}).body["changed_at"] == workflow["changed_at"]
    assert api.patch(address, {"name": workflow["name"]}).body["changed_at"] == workflow["changed_at"]
    assert api.patch(address, {"name": "Other"}).body["changed_at"] > workflow["changed_at"]


def test_publishing_freezes_versions_and_unpublishing_ends_them(api, workflow):
    address = f"workflows/{workflow['id']}/"

    first = api.post(f"{address}publish/")
    assert (first.status, first.body["published"], first.body["version"]) == (200, True, 1)
    assert api.post(f"{address}publish/", {}).body["version"] == 1

    changed = api.patch(address, {"steps": OPT_OUT["steps"][:1]})
    assert (changed.body["version"], changed.body["steps"]) == (1, OPT_OUT["steps"][:1])
    assert api.post(f"{address}publish/").body["version"] == 2

    ended = api.post(f"{address}unpublish/")
    assert (ended.status, ended.body["published"], ended.body["version"]) == (200, False, None)


def test_an_action_without_a_body_takes_no_fields(api, workflow):
    for action in ("publish", "unpublish", "preview"):
        assert api.post(f"workflows/{workflow['id']}/{action}/", {"now": True}).fields == ["now"]


def test_nothing_to_publish(api):
    made = api.post("workflows/", {"name": "Bare"}).body

    answer = api.post(f"workflows/{made['id']}/publish/")

    assert (answer.status, answer.code) == (409, "nothing_to_publish")


def test_a_deleted_workflow_is_gone(api, workflow):
    assert api.delete(f"workflows/{workflow['id']}/").status == 204
    assert api.get(f"workflows/{workflow['id']}/").status == 404
    assert api.post("workflows/", OPT_OUT).status == 201


def test_a_preview_counts_and_warns_and_changes_nothing(api, business):
    ContactFactory(business=business)
    mail = {"name": "Mail", "steps": [{"kind": "send_email", "subject": "Hello", "body": "Hello"}]}
    made = api.post("workflows/", mail).body

    answer = api.post(f"workflows/{made['id']}/preview/")

    assert answer.status == 200
    assert answer.body["contacts"] == 1
    assert answer.body["steps"] == [
        {"step": "0", "kind": "send_email", "channel": "email", "send": 1, "skipped": {}}
    ]
    assert any("no connection" in warning for warning in answer.body["warnings"])
    assert not Event.objects.exists()
    assert not Enrollment.objects.exists()


class TestEnrollments:
    @pytest.fixture
    def published(self, api, workflow):
        api.post(f"workflows/{workflow['id']}/publish/")
        return f"workflows/{workflow['id']}/enrollments/"

    def test_a_contact_is_enrolled_by_hand(self, api, business, workflow, published):
        contact = ContactFactory(business=business)

        made = api.post(published, {"contact": str(contact.pk)})

        assert made.status == 201
        assert made.body == {
            "id": str(Enrollment.objects.get().pk),
            "workflow": workflow["id"],
            "version": 1,
            "contact": str(contact.pk),
            "state": "active",
            "exit_reason": "",
            "entered_by": made.body["entered_by"],
            "step_runs": [],
        }
        assert "enterprise key" in made.body["entered_by"]
        assert api.get(f"enrollments/{made.body['id']}/").body == made.body
        assert api.get(published).body["results"] == [made.body]

    def test_step_runs_stand_in_their_order(self, api, business, published):
        made = api.post(published, {"contact": str(ContactFactory(business=business).pk)}).body
        enrollment = Enrollment.objects.get(pk=made["id"])
        run = {"business": business, "at": enrollment.entered_at}
        enrollment.step_runs.create(position=1, step="1", kind="send_sms", outcome="skipped", reason="dnd:sms:import",
                                    detail="DND is active for SMS.", message=7, **run)  # fmt: skip
        enrollment.step_runs.create(position=0, step="0", kind="add_tag", outcome="done", **run)

        runs = api.get(f"enrollments/{made['id']}/").body["step_runs"]

        assert [(r["step"], r["kind"], r["outcome"], r["reason"], r["message"]) for r in runs] == [
            ("0", "add_tag", "done", "", None),
            ("1", "send_sms", "skipped", "dnd:sms:import", "7"),
        ]

    def test_nobody_is_in_it_twice(self, api, business, published):
        body = {"contact": str(ContactFactory(business=business).pk)}
        api.post(published, body)

        answer = api.post(published, body)

        assert (answer.status, answer.code) == (409, "already_enrolled")

    def test_nobody_enters_what_is_not_published(self, api, business, workflow):
        answer = api.post(
            f"workflows/{workflow['id']}/enrollments/", {"contact": str(ContactFactory(business=business).pk)}
        )

        assert (answer.status, answer.code) == (409, "not_published")

    @pytest.mark.parametrize("contact", [None, 1, "999999", "x", ["1"], {}])
    def test_a_contact_must_be_one_of_this_business(self, api, published, contact):
        assert api.post(published, {"contact": contact}).fields == ["contact"]
        theirs = api.post(published, {"contact": str(ContactFactory().pk)})
        assert (theirs.fields, theirs.codes) == (["contact"], ["not_found"])
        assert api.post(published, {}).fields == ["contact"]

    def test_a_page_takes_the_same_queries_as_one(
        self, api, business, published, django_assert_max_num_queries
    ):
        for _ in range(10):
            made = api.post(published, {"contact": str(ContactFactory(business=business).pk)}).body
            Enrollment.objects.get(pk=made["id"]).step_runs.create(
                business=business, position=0, step="0", kind="stop", outcome="done", at="2026-01-01T00:00Z"
            )

        with django_assert_max_num_queries(6):
            assert len(api.get(published).body["results"]) == 10
