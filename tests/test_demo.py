"""The demo data of `make run`."""

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from config.desk.demo import connections, seeding, staff
from config.desk.demo import workflows as demo
from contacts.models import ApiKey, Business, Contact, ContactPoint, Membership, Tag, Team, User
from contacts.services import people
from contacts.words import OUTBOUND_CHANNELS
from dnd.models import Change, Ground, Standing, Suppression
from messaging import services as messaging
from messaging.models import Connection, Message
from messaging.simulator import endpoint
from workflows import services as workflows
from workflows.models import Enrollment, Version, Workflow
from workflows.tasks import dispatch_due, run_due

pytestmark = pytest.mark.django_db

ROLES = ("enterprise", "manager", "staff")
SEEDED = (
    Business, User, Membership, Team, Contact, ContactPoint, Tag, Change, Ground, Suppression, Connection, Workflow,
    Version,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _simulator_on_a_port(settings):
    _move_simulator(settings, 2501)


def _move_simulator(settings, port):
    settings.HEED_DEMO = True
    settings.HEED_ALLOW_PRIVATE_NETWORKS = True
    settings.HEED_TWILIO_API_BASE = settings.HEED_SIMULATOR_HTTP = "http://127.0.0.1:2500"
    settings.HEED_SIMULATOR_SMTP = f"smtp://127.0.0.1:{port}"


@pytest.fixture
def seeded():
    return seeding.seed()


def _rows():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in SEEDED}


def test_somebody_of_each_role_can_sign_in_to_each_business_and_no_program_can(seeded):
    for slug in ("demo", "harbor"):
        for role in ROLES:
            user = authenticate(username=f"{role}@{slug}.example", password="heed-demo")
            assert list(user.memberships.values_list("business__slug", "role")) == [(slug, role)]

    assert not ApiKey.objects.exists()


def test_the_demo_shows_dnd_for_many_reasons_and_in_every_state(seeded):
    contacts = Contact.objects.of(seeded["demo"])
    masks = set(Standing.objects.filter(contact__in=contacts).values_list("outbound", flat=True))

    assert contacts.count() == 40
    assert 0b111111 in masks
    assert any(0 < mask < 0b111111 for mask in masks)
    assert len(set(Ground.objects.filter(contact__in=contacts).values_list("reason", flat=True))) >= 10
    assert Standing.objects.filter(contact__in=contacts, do_not_contact=True).count() == 1
    # A number of a family belongs to two of them.
    assert ContactPoint.objects.filter(business=seeded["demo"], value="+14155550129").count() == 2


def test_every_workflow_of_the_demo_is_published_and_the_teams_that_they_tell_have_people(seeded):
    published = Version.objects.published().values_list("workflow__name", flat=True)

    assert sorted(published) == sorted(name for names in demo.DEFINITIONS.values() for name in names)
    teams = Team.objects.filter(business=seeded["demo"])
    assert {team.name: team.members.count() for team in teams} == {"Marketing": 2, "Sales": 2}


def test_no_workflow_of_the_demo_sends_anything_because_of_a_contact_that_was_created(seeded):
    business = seeded["demo"]
    given = {
        "email": "new@example.org",
        "phones": [{"number": "+14155550160"}],
        "tags": ["vip", "newsletter"],
    }
    by = staff.seed(business).actor("staff")
    people.create(business=business, data=people.clean(business, given), by=by)
    dispatch_due()
    run_due()

    assert not Message.objects.exists()


def test_an_opt_out_in_the_demo_data_has_already_been_answered_by_its_workflow(seeded):
    dispatch_due()
    run_due()

    opted_out = Contact.objects.of(seeded["demo"]).filter(enrollments__workflow__name=demo.SMS_OPT_OUT)
    assert "DEMO-002" in opted_out.values_list("external_id", flat=True)
    assert not Enrollment.objects.running().exists()


def test_seeding_again_changes_nothing(seeded):
    before = _rows()

    seeding.seed()

    assert _rows() == before


def test_seeding_again_leaves_what_people_changed(seeded):
    business = seeded["demo"]
    actor = staff.seed(business).actor("enterprise")
    User.objects.get(email="staff@demo.example").delete()
    User.objects.filter(email="manager@demo.example").update(name="Somebody Else")
    Business.objects.filter(pk=business.pk).update(name="Our Clinic", allow_do_not_contact=False)
    ada, ben = Contact.objects.of(business).order_by("id")[:2]
    people.update(contact=ada, data={"first_name": "Augusta"}, by=actor)
    people.delete(contact=ben, by=actor)
    workflows.unpublish(workflow=Workflow.objects.get(name=demo.NURTURE), by=actor)
    workflows.delete(workflow=Workflow.objects.get(name=demo.REMINDER), by=actor)

    seeding.seed()

    assert Business.objects.get(slug="demo").name == "Our Clinic"
    assert not Business.objects.get(slug="demo").allow_do_not_contact
    assert User.objects.get(email="manager@demo.example").name == "Somebody Else"
    assert Contact.objects.of(business).count() == 39
    assert Contact.objects.of(business).filter(first_name="Augusta").count() == 1
    assert not Version.objects.published().filter(workflow__name__in=[demo.NURTURE, demo.REMINDER]).exists()
    assert authenticate(username="staff@demo.example", password="heed-demo")


def test_a_workflow_of_the_same_name_is_not_taken_for_the_demo_s(seeded):
    business = seeded["demo"]
    actor = staff.seed(business).actor("enterprise")
    ours = Workflow.objects.get(business=business, name=demo.SMS_OPT_OUT)
    data = {"name": demo.SMS_OPT_OUT, "steps": [{"kind": "stop"}]}
    theirs = workflows.create(business=business, data=data, by=actor)

    assert demo.ensure(business, by=actor)[demo.SMS_OPT_OUT] == ours
    assert not workflows.is_published(theirs)


def test_the_email_connection_follows_the_simulator_to_another_port(seeded, settings):
    _move_simulator(settings, 2502)

    seeding.seed()

    assert {one.config["url"].rpartition(":")[2] for one in Connection.objects.filter(channel="email")} == {
        "2502"
    }


def test_every_channel_of_the_demo_leads_to_the_simulator(seeded):
    demo_ = seeded["demo"]

    assert set(Connection.objects.filter(business=demo_).values_list("channel", flat=True)) == set(
        OUTBOUND_CHANNELS
    )
    assert all(connections.leads_to_simulator(demo_, channel) for channel in OUTBOUND_CHANNELS)
    reached = ContactPoint.objects.filter(business=demo_).values_list("kind", flat=True)
    assert set(reached) == {"phone", "email", "facebook", "gmb"}


def test_the_endpoint_of_the_demo_is_the_simulators_own(seeded):
    """The simulator shares no code with the rest, so its secret stands in two places."""
    assert Connection.objects.get(channel="gmb").config["secret"] == endpoint.SECRET


def test_the_endpoint_follows_the_simulator_to_another_port(seeded, settings):
    settings.HEED_SIMULATOR_HTTP = "http://127.0.0.1:2600"

    seeding.seed()

    gmb = Connection.objects.get(channel="gmb")
    assert gmb.config["url"].startswith("http://127.0.0.1:2600/endpoint")


def test_an_email_connection_that_somebody_pointed_elsewhere_stays_there(seeded, settings):
    connection = Connection.objects.get(business=seeded["demo"], channel="email")
    mine = {**connection.config, "url": "smtp://127.0.0.1:2601"}
    actor = staff.seed(seeded["demo"]).actor("enterprise")
    messaging.update_connection(connection=connection, config=mine, by=actor)
    _move_simulator(settings, 2502)

    seeding.seed()

    connection.refresh_from_db()
    assert connection.config["url"] == "smtp://127.0.0.1:2601"
    assert not connections.leads_to_simulator(seeded["demo"], "email")


def test_without_a_simulator_there_are_no_connections(settings):
    settings.HEED_TWILIO_API_BASE = None
    settings.HEED_SIMULATOR_SMTP = settings.HEED_SIMULATOR_HTTP = ""

    seeding.seed()

    assert not Connection.objects.exists()


def test_nothing_is_seeded_where_it_was_not_asked_for(settings):
    settings.HEED_DEMO = False

    with pytest.raises(CommandError, match="HEED_DEMO"):
        call_command("seed_demo")

    assert not User.objects.exists()
