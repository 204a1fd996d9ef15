"""What Heed is known by, played on real Celery workers: three use cases, STOP and START, and a bounce."""

import re

import pytest
import requests

from config.desk.demo import staff
from config.desk.scenarios import SCENARIOS
from contacts.models import Notification, Task
from dnd.models import Unstamped
from messaging.models import Message
from tests.processes import databases
from tests.processes.fleet import fleet, waited
from workflows import services as workflows
from workflows.models import Workflow

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240), pytest.mark.xdist_group("scenarios")]

TOLD = {
    "sms-opt-out": [
        "DND enabled by user for SMS",
        "Tag “SMS Opt-Out” added",
        "as promised: it was removed from “SMS campaign” by another workflow",
        "as promised: at the provider: Email × 2",
    ],
    "opt-back-in": [
        "DND enabled by user for all channels",
        "Cannot send the message: DND is active for SMS.",
        "DND disabled by user for all channels",
        "Tag “Do Not Contact” removed",
        "as promised: “Nurture” began with its first step, a task",
        "as promised: at the provider: SMS × 1",
    ],
    "stop-start": [
        "DND enabled by contact for SMS",
        "From the text until no SMS could be started any more: ",
        "Cannot send the message: DND is active for SMS.",
        "as promised: another text lifts nothing",
        "DND disabled by contact for SMS",
        "as promised: at the provider: SMS × 4",
    ],
    "bounce": [
        "as promised: the server said that there is no such mailbox",
        "DND enabled by provider for Email",
        "Cannot send the message: DND is active for Email.",
        "as promised: nobody lifts it without saying how they know",
        "DND disabled by provider for Email",
        "as promised: the old address stays suppressed",
        "as promised: at the provider: Email × 1",
    ],
    "dnc-status": [
        "Action “Do Not Contact” run",
        "as promised: the action did all that it says",
        "as promised: it is in the dead status",
        "as promised: a workflow's messages are skipped, each with its reason",
        "Cannot send the message: DND is active for SMS.",
        "as promised: the list says which action and who",
        "as promised: at the provider: SMS × 0",
    ],
    "mid-workflow": [
        "DND enabled by user for Email",
        "dnd:email:user_request",
        "as promised: the contact was not removed, but came to the end",
        "as promised: at the provider: Email × 0",
    ],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory, django_db_blocker):
    """A copy of Heed that runs: workers, scheduler, web and simulator."""
    with (
        databases.migrated() as name,
        django_db_blocker.unblock(),
        databases.used_here(name),
        fleet(tmp_path_factory.mktemp("fleet"), name) as copy,
    ):
        copy.up_workers()
        copy.up_web()
        yield copy


@pytest.mark.parametrize("name", [*SCENARIOS, "mid-workflow"])
def test_a_scenario_comes_out_as_promised_also_when_it_was_played_before(copy, name):
    played = copy.manage("simulate", name)

    assert played.returncode == 0, played.stdout + played.stderr
    assert [line for line in TOLD[name] if line not in played.stdout] == [], played.stdout
    times = re.findall(r"^(\d\d:\d\d:\d\d\.\d{3})  ", played.stdout, re.MULTILINE)
    assert len(times) == len(played.stdout.splitlines()) > 8


def retag(workflow, before, after):
    """Somebody of the demo edits the step that adds a tag, and publishes."""
    actor = staff.seed(workflow.business).actor("manager")
    steps = [{**step, "tag": after} if step.get("tag") == before else step for step in workflow.steps]
    workflows.update(workflow=workflow, data={"steps": steps}, by=actor)
    workflows.publish(workflow=workflow, by=actor)


@pytest.fixture(scope="module")
def other(copy):
    """A workflow that the business has made for itself, and that acts on whoever comes new."""
    assert copy.manage("seed_demo").returncode == 0
    business = Workflow.objects.get(name="SMS opt-out").business
    actor = staff.seed(business).actor("manager")
    steps = [
        {"kind": "create_task", "title": "Say hello"},
        {"kind": "internal_notification", "to": "team:Sales", "message": "{{contact.name}} is new."},
        {"kind": "internal_notification", "to": "team:Marketing", "message": "{{contact.name}} is new."},
        {"kind": "send_sms", "body": "Welcome, {{contact.first_name}}!"},
    ]
    data = {"name": "Welcome", "triggers": [{"type": "contact_created"}], "steps": steps}
    workflow = workflows.create(business=business, data=data, by=actor)
    workflows.publish(workflow=workflow, by=actor)
    yield workflow
    workflows.unpublish(workflow=workflow, by=actor)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_comes_out_as_promised_whatever_other_workflows_do(copy, other, name):
    made = Task.objects.filter(created_by=other.name)
    before = made.count()
    played = copy.manage("simulate", name)

    assert played.returncode == 0, played.stdout + played.stderr
    assert made.count() > before


def test_a_scenario_that_came_out_otherwise_says_what_differed(copy):
    """The workflow was edited: the tag has another name."""
    assert copy.manage("seed_demo").returncode == 0
    workflow = Workflow.objects.get(name="SMS opt-out")
    retag(workflow, "SMS Opt-Out", "Something Else")
    try:
        played = copy.manage("simulate", "sms-opt-out")
    finally:
        retag(workflow, "Something Else", "SMS Opt-Out")

    assert played.returncode == 1
    assert "Not as promised:\n- the contact has the tag “SMS Opt-Out”" in played.stderr


def test_an_unknown_scenario_is_answered_with_those_that_there_are(copy):
    played = copy.manage("simulate", "no-such-thing")

    assert played.returncode == 1
    names = ", ".join(SCENARIOS)
    assert played.stderr == f"CommandError: There is no scenario no-such-thing: choose one of {names}.\n"


def test_nothing_is_left_over_after_the_scenarios(copy):
    assert not Unstamped.objects.exists()
    assert not Message.objects.filter(state__in=["calling", "unknown"]).exists()
    # The mailbox that does not exist, and nothing else.
    assert set(Message.objects.filter(state="failed").values_list("reason", flat=True)) <= {"failed:smtp:550"}
    for command in ("verify_ledger", "audit_sends"):
        proved = copy.manage(command)
        assert proved.returncode == 0, proved.stdout + proved.stderr


def test_without_workers_a_scenario_says_so_in_one_sentence(tmp_path):
    with fleet(tmp_path, "a database that nobody needs") as lonely:
        played = lonely.manage("simulate", "sms-opt-out")

    assert played.returncode == 1
    assert played.stderr == "CommandError: No workers answer: start Heed with `make run` first.\n"


# --- the same by REST alone ---


class Rest:
    """A program that has a key of the other business and knows nothing but the API."""

    def __init__(self, copy, key):
        self.base = copy.env["HEED_BASE_URL"] + "/api/v1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def __call__(self, method, path, body=None, *, status=200):
        answer = self.session.request(method, self.base + path, json=body, timeout=10)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def publish(self, name, triggers, *steps):
        settings = {"allow_reentry": True, "remove_when_all_dnd": False}
        body = {"name": name, "settings": settings, "triggers": triggers, "steps": list(steps)}
        workflow = self("POST", "/workflows/", body, status=201)
        self("POST", f"/workflows/{workflow['id']}/publish/")
        return workflow["id"]

    def contact(self, number, *tags):
        body = {"first_name": "Rita", "last_name": number, "email": f"rita{number}@example.org",
                "phone": f"+14255550{number}", "tags": list(tags)}  # fmt: skip
        return self("POST", "/contacts/", body, status=201)["id"]

    def enroll(self, workflow, contact):
        return self("POST", f"/workflows/{workflow}/enrollments/", {"contact": contact}, status=201)["id"]

    def enrollment(self, workflow, contact):
        """The newest enrollment of this contact, once there is one that has the state."""
        rows = self("GET", f"/workflows/{workflow}/enrollments/")["results"]
        mine = [row for row in rows if row["contact"] == contact]
        return self("GET", f"/enrollments/{mine[0]['id']}/") if mine else None

    def until(self, workflow, contact, state):
        waited(
            lambda: (self.enrollment(workflow, contact) or {}).get("state") == state,
            f"the enrollment to be {state}", within=30,
        )  # fmt: skip
        return self.enrollment(workflow, contact)

    def dnd(self, contact, **outbound):
        return self(
            "PATCH", f"/contacts/{contact}/dnd/", {"outbound": outbound, "note": "asked on the phone"}
        )

    def messages(self, contact, channel):
        return self("GET", f"/messages/?contact={contact}&channel={channel}")["results"]

    def timeline(self, contact):
        return [item["summary"] for item in self("GET", f"/contacts/{contact}/timeline/")["results"]]


@pytest.fixture(scope="module")
def rest(copy):
    assert copy.manage("seed_demo").returncode == 0
    issued = copy.manage("issue_api_key", "--business", "harbor", "--role", "enterprise")
    assert issued.returncode == 0, issued.stderr
    return Rest(copy, issued.stdout.split()[-1])


MANUAL = [{"type": "manual", "name": "By hand"}]
HELLO_SMS = {"kind": "send_sms", "body": "Hello {{contact.first_name}}"}
HELLO_EMAIL = {"kind": "send_email", "subject": "Hello", "body": "Hello {{contact.first_name}}"}


def outcomes(enrollment):
    return [(run["kind"], run["outcome"], run["reason"]) for run in enrollment["step_runs"]]


def test_an_opt_out_from_sms_over_rest(copy, rest):
    texts = rest.publish("Texts", MANUAL, HELLO_SMS, {"kind": "wait", "for": "1d"}, HELLO_SMS)
    emails = rest.publish("Emails", MANUAL, HELLO_EMAIL, {"kind": "wait", "for": "3s"}, HELLO_EMAIL)
    opt_out = rest.publish(
        "Opt-out",
        [{"type": "contact_dnd", "name": "SMS Opt-Out",
          "filters": {"direction": "outbound", "flag": "enabled_specific", "channels": ["sms"]}}],
        {"kind": "add_tag", "tag": "SMS Opt-Out"},
        {"kind": "remove_from_workflow", "which": "another", "workflow": texts},
        {"kind": "internal_notification", "to": "team:Marketing", "message": "{{contact.first_name}} opted out"},
    )  # fmt: skip
    contact = rest.contact("101")
    rest.enroll(texts, contact)
    rest.enroll(emails, contact)
    rest.until(texts, contact, "waiting")

    rest.dnd(contact, sms=True)

    assert {run[1] for run in outcomes(rest.until(opt_out, contact, "completed"))} == {"done"}
    assert rest("GET", f"/contacts/{contact}/")["tags"] == ["SMS Opt-Out"]
    assert rest.until(texts, contact, "removed")["exit_reason"] == "removed by external workflow action"
    assert [run[:2] for run in outcomes(rest.until(emails, contact, "completed"))] == [
        ("send_email", "done"),
        ("wait", "done"),
        ("send_email", "done"),
    ]
    assert "DND enabled by api for SMS" in rest.timeline(contact)
    waited(lambda: len(copy.kept("email", to="rita101@example.org")) == 2, "two emails", within=15)
    assert len(copy.kept("sms", to="+14255550101")) == 1
    assert Notification.objects.filter(contact=contact, audience="team:Marketing").count() == 1


def test_an_opt_in_to_everything_over_rest(copy, rest):
    nurture = rest.publish("Welcome back", MANUAL, HELLO_SMS, {"kind": "wait", "for": "1d"}, HELLO_EMAIL)
    opt_in = rest.publish(
        "Opt-in",
        [{"type": "contact_dnd", "name": "Free", "filters": {"direction": "outbound", "flag": "disabled_all"}}],
        {"kind": "remove_tag", "tag": "Do Not Contact"},
        {"kind": "internal_notification", "to": "team:Sales", "message": "{{contact.first_name}} is back"},
        {"kind": "add_to_workflow", "workflow": nurture},
    )  # fmt: skip
    contact = rest.contact("102", "Do Not Contact")
    rest.dnd(contact, all=True)
    refused = rest("POST", "/messages/", {"contact": contact, "channel": "sms", "body": "Hello?"}, status=409)
    assert (refused["code"], refused["detail"]) == (
        "dnd_active",
        "Cannot send the message: DND is active for SMS.",
    )

    assert rest.dnd(contact, all=False)["state"] == "off"

    rest.until(opt_in, contact, "completed")
    assert "Do Not Contact" not in rest("GET", f"/contacts/{contact}/")["tags"]
    assert outcomes(rest.until(nurture, contact, "waiting"))[:1] == [("send_sms", "done", "")]
    assert Notification.objects.filter(contact=contact, audience="team:Sales").count() == 1
    waited(lambda: copy.kept("sms", to="+14255550102"), "the SMS that nurture begins with", within=15)
    assert "DND disabled by api for all channels" in rest.timeline(contact)


def test_an_opt_out_from_email_in_the_middle_of_a_workflow_over_rest(copy, rest):
    path = rest.publish(
        "Path",
        MANUAL,
        HELLO_SMS,
        {"kind": "wait", "for": "3s"},
        HELLO_EMAIL,
        {"kind": "create_task", "title": "Call"},
    )
    contact = rest.contact("103")
    rest.enroll(path, contact)
    rest.until(path, contact, "waiting")

    rest.dnd(contact, email=True)

    ended = rest.until(path, contact, "completed")
    assert outcomes(ended) == [
        ("send_sms", "done", ""),
        ("wait", "done", ""),
        ("send_email", "skipped", "dnd:email:user_request"),
        ("create_task", "done", ""),
    ]
    assert ended["exit_reason"] == "completed"
    assert [message["state"] for message in rest.messages(contact, "email")] == ["dropped"]
    waited(lambda: copy.kept("sms", to="+14255550103"), "the SMS", within=15)
    assert copy.kept("email", to="rita103@example.org") == []
