"""Who may do what: each role at each act, in the admin and over REST, judged by what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from contacts.models import ApiKey, Business, Contact, Membership, Team
from contacts.services import keys
from dnd.models import Ground, Standing
from messaging import services as messaging
from messaging.models import Connection, Message
from tests.api.client import Api
from tests.factories import ENTERPRISE, BusinessFactory, ContactFactory, MembershipFactory
from workflows.models import Enrollment, Version, Workflow

pytestmark = pytest.mark.django_db
ROLES = ("staff", "manager", "enterprise")
ORDER = {role: position for position, role in enumerate(ROLES)}
TWILIO = {"account_sid": "AC1", "auth_token": "a-secret-token-0123", "from_number": "+14155550199"}
HTMX = {"HX-Request": "true"}
PROFILE = {"name": "Renamed", "country": "US", "timezone": "UTC"}
DEFINITION = '{"name": "New", "settings": {}, "triggers": [], "steps": [{"kind": "stop"}]}'


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Straight from the source: nothing is collected for a test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


class Place:
    """A business with one of everything, and ways in for each role."""

    def __init__(self) -> None:
        self.business = BusinessFactory(allow_do_not_contact=True)
        self.contact = ContactFactory(business=self.business)
        self.connection = messaging.create_connection(
            business=self.business, channel="sms", driver="twilio", config=TWILIO, by=ENTERPRISE
        )
        self.boss = MembershipFactory(business=self.business, role="enterprise")
        self.key, text = keys.issue(business=self.business, role="enterprise", name="first")
        made = Api(text).post("workflows/", {"name": "There", "steps": [{"kind": "stop"}]})
        self.workflow = Workflow.objects.get(pk=made.body["id"])

    def client(self, role: str) -> Client:
        client = Client()
        client.force_login(MembershipFactory(business=self.business, role=role).user)
        return client

    def api(self, role: str) -> Api:
        return Api(keys.issue(business=self.business, role=role, name=role)[1])

    def publish(self) -> None:
        Api(keys.issue(business=self.business, role="enterprise", name="p")[1]).post(
            f"workflows/{self.workflow.pk}/publish/"
        )


@pytest.fixture
def place(db) -> Place:
    return Place()


@dataclass(frozen=True)
class Act:
    """`admin` and `rest` try it; `done` says whether it happened. Without `done` the answer's status says so."""

    least: str
    admin: Callable[[Client, Place], Any] | None = None
    rest: Callable[[Api, Place], Any] | None = None
    done: Callable[[Place], bool] | None = None
    before: Callable[[Place], Any] | None = None


def page(path: str) -> Callable[[Client, Place], Any]:
    return lambda client, place: client.get(_path(path, place))


def post(path: str, **data: Any) -> Callable[[Client, Place], Any]:
    return lambda client, place: client.post(_path(path, place), data, headers=HTMX)


def rest(method: str, path: str, body: Any = None) -> Callable[[Api, Place], Any]:
    def ask(api: Api, place: Place) -> Any:
        given = body(place) if callable(body) else body
        return getattr(api, method)(_path(path, place, ""), *([given] if given is not None else []))

    return ask


def _path(path: str, place: Place, root: str = "/admin/") -> str:
    return root + path.format(
        contact=place.contact.pk,
        workflow=place.workflow.pk,
        connection=place.connection.pk,
        boss=place.boss.pk,
        key=place.key.pk,
    )


def asked(place: Place) -> dict[str, str]:
    return {"contact": str(place.contact.pk), "channel": "sms", "message_class": "manual"}


def a_text(place: Place) -> dict[str, str]:
    return {"contact": str(place.contact.pk), "channel": "sms", "body": "Hello"}


def blocked(place: Place) -> bool:
    return Ground.objects.filter(contact=place.contact, channel="sms").exists()


def paused(place: Place) -> bool:
    return Standing.objects.filter(contact=place.contact, do_not_contact=True).exists()


def renamed(place: Place) -> bool:
    return Business.objects.get(pk=place.business.pk).name == "Renamed"


def synced(place: Place) -> None:
    Business.objects.filter(pk=place.business.pk).update(preferences_source="synced")


ONE = "contacts/contact/{contact}/"
ACTS = {
    "see a contact": Act("staff", page(f"{ONE}change/"), rest("get", "contacts/{contact}/")),
    "see the list": Act("staff", page("contacts/contact/"), rest("get", "contacts/")),
    "see the timeline": Act("staff", page(f"{ONE}timeline/"), rest("get", "contacts/{contact}/timeline/")),
    "see why not": Act("staff", page(f"{ONE}part/reach/"), rest("post", "decisions/", asked)),
    "see Do Not Contact": Act("staff", page(f"{ONE}dnd/panel/"), rest("get", "contacts/{contact}/dnd/")),
    "block a channel": Act(
        "staff",
        post(f"{ONE}dnd/", change="outbound.sms.block"),
        rest("patch", "contacts/{contact}/dnd/", {"outbound": {"sms": True}}),
        blocked,
    ),
    "write to a contact": Act(
        "staff",
        post(f"{ONE}message/", channel="sms", body="Hello"),
        rest("post", "messages/", a_text),
        lambda place: Message.objects.filter(contact=place.contact).exists(),
    ),
    "choose the preferred contact": Act(
        "staff",
        lambda client, place: client.post(
            _path(f"{ONE}preferred/", place), {"number": place.contact.points.get(kind="phone").value}
        ),
        rest(
            "patch",
            "contacts/{contact}/",
            lambda place: {
                "phones": [{"number": place.contact.points.get(kind="phone").value, "preferred": True}]
            },
        ),
        lambda place: place.contact.points.filter(preferred=True).exists(),
    ),
    "flip Do Not Contact": Act(
        "enterprise",
        post(f"{ONE}dnd/", change="automations.do_not_contact.block"),
        rest("patch", "contacts/{contact}/dnd/", {"do_not_contact": True}),
        paused,
    ),
    "sync preferences": Act(
        "manager",
        rest=rest("put", "contacts/{contact}/preferences/", {"method": "dnc"}),
        done=paused,
        before=synced,
    ),
    "see workflows": Act("staff", page("workflows/workflow/"), rest("get", "workflows/")),
    "make a workflow": Act(
        "manager",
        rest=rest("post", "workflows/", {"name": "New", "steps": [{"kind": "stop"}]}),
        done=lambda place: Workflow.objects.filter(name="New").exists(),
    ),
    "edit a workflow": Act(
        "manager",
        lambda client, place: client.post(
            _path("workflows/workflow/{workflow}/edit/", place),
            DEFINITION,
            content_type="application/json",
            headers={"X-Changed-At": place.workflow.changed_at.isoformat()},
        ),
        rest("patch", "workflows/{workflow}/", {"name": "New"}),
        lambda place: Workflow.objects.filter(name="New").exists(),
    ),
    "publish a workflow": Act(
        "manager",
        post("workflows/workflow/{workflow}/edit/publish/"),
        rest("post", "workflows/{workflow}/publish/"),
        lambda place: Version.objects.filter(workflow=place.workflow, retired_at=None).exists(),
    ),
    "add a contact to a workflow": Act(
        "manager",
        lambda client, place: client.post(_path(f"{ONE}enroll/", place), {"workflow": place.workflow.pk}),
        rest("post", "workflows/{workflow}/enrollments/", lambda place: {"contact": str(place.contact.pk)}),
        lambda place: Enrollment.objects.filter(contact=place.contact).exists(),
        before=Place.publish,
    ),
    "change DND in bulk": Act(
        "manager",
        page("bulk/dnd/"),
        rest(
            "post",
            "dnd/bulk/",
            lambda place: {"contacts": [str(place.contact.pk)], "outbound": {"sms": True}},
        ),
    ),
    "see broadcasts": Act("staff", page("messaging/broadcast/"), rest("get", "broadcasts/")),
    "make a broadcast": Act(
        "manager",
        page("broadcasts/new/"),
        rest(
            "post",
            "broadcasts/",
            {"name": "New", "kind": "broadcast", "audience": {}, "text": "Hello"},
        ),
    ),
    "see pipelines": Act("staff", page("pipelines/"), rest("get", "pipelines/")),
    "make a pipeline": Act(
        "manager", page("pipelines/new/"), rest("post", "pipelines/", {"name": "New", "record_type": "lead"})
    ),
    "export the ledger": Act("enterprise", post("ledger/export/")),
    "erase a person": Act(
        "enterprise",
        lambda client, place: client.post(_path(f"{ONE}erase/", place), {"confirm": place.contact.name}),
        rest("post", "contacts/{contact}/erase/", lambda place: {"confirm": str(place.contact.pk)}),
        lambda place: not Contact.objects.of(place.business).filter(pk=place.contact.pk).exists(),
    ),
    "see the Business Profile": Act("enterprise", page("profile/"), rest("get", "business/")),
    "edit the Business Profile": Act(
        "enterprise", post("profile/", **PROFILE), rest("patch", "business/", {"name": "Renamed"}), renamed
    ),
    "see connections": Act("enterprise", page("messaging/connection/"), rest("get", "connections/")),
    "disconnect a channel": Act(
        "enterprise",
        post("connections/{connection}/switch/", do="disconnect"),
        rest("post", "connections/{connection}/disconnect/"),
        lambda place: Connection.objects.get(pk=place.connection.pk).state == "disconnected",
    ),
    "add a person": Act(
        "enterprise",
        post("people/add/", email="new@example.org", name="New", role="staff"),
        done=lambda place: Membership.objects.filter(user__email="new@example.org").exists(),
    ),
    "change a role": Act(
        "enterprise",
        post("people/{boss}/", role="staff"),
        done=lambda place: Membership.objects.get(pk=place.boss.pk).role == "staff",
    ),
    "make a team": Act(
        "enterprise",
        post("teams/", name="New"),
        done=lambda place: Team.objects.filter(name="New").exists(),
    ),
    "make an API key": Act(
        "enterprise",
        post("keys/add/", name="New", role="staff"),
        done=lambda place: ApiKey.objects.filter(name="New").exists(),
    ),
    "revoke an API key": Act(
        "enterprise",
        post("keys/{key}/revoke/"),
        done=lambda place: ApiKey.objects.get(pk=place.key.pk).revoked_at is not None,
    ),
}
REFUSED = (403,)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.admin])
def test_in_the_admin(place, name, role):
    act = ACTS[name]
    if act.before:
        act.before(place)
    answer = act.admin(place.client(role), place)

    allowed = ORDER[role] >= ORDER[act.least]
    happened = act.done(place) if act.done else answer.status_code not in REFUSED
    assert happened is allowed, (answer.status_code, answer.content[-2000:])
    assert answer.status_code < 500


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.rest])
def test_over_rest(place, name, role):
    act = ACTS[name]
    if act.before:
        act.before(place)
    answer = act.rest(place.api(role), place)

    allowed = ORDER[role] >= ORDER[act.least]
    assert (answer.status in (200, 201, 202, 204)) is allowed, answer.body
    if not allowed:
        assert (answer.status, answer.code) == (403, "role_required")
    if act.done:
        assert act.done(place) is allowed
