"""What enterprise users look after: the profile, people, teams, keys, connections. And what everybody is told."""

import re

import pytest

from contacts.models import ApiKey, Business, Membership, Team, User
from contacts.services import keys, work
from messaging.models import Audit, Connection
from tests.desk.conftest import SMTP, connect
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


def read(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# --- the profile ---


def test_the_profile_is_saved(signed_in, clinic):
    signed_in("enterprise").post("/admin/profile/", {
        "name": "Harbour Clinic", "phone": "(415) 555-0100", "address": "1 Pier", "country": "US",
        "timezone": "Europe/Berlin", "remove_when_all_dnd": "on",
    })  # fmt: skip

    business = Business.objects.get(pk=clinic.business.pk)
    assert (business.name, business.phone, business.timezone) == (
        "Harbour Clinic",
        "+14155550100",
        "Europe/Berlin",
    )
    assert (business.allow_do_not_contact, business.remove_when_all_dnd) == (False, True)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"phone": "x"}, "This is not a phone number"),
        ({"country": "ZZ"}, "Unknown country"),
        ({"name": ""}, "required"),
    ],
)
def test_a_wrong_profile_is_said_at_the_field(signed_in, clinic, data, sentence):
    fine = {"name": "N", "country": "US", "timezone": "UTC"}

    answer = signed_in("enterprise").post("/admin/profile/", fine | data)

    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


# --- people and teams ---


def test_somebody_new_gets_a_link_to_choose_a_password_and_signs_in_with_it(signed_in, clinic, client):
    answer = signed_in("enterprise").post(
        "/admin/people/add/", {"email": "New@Example.org", "name": "New Person", "role": "staff"}
    )

    link = re.search(r'value="https?://[^/]+(/accounts/password/reset/key/[^"]+)"', answer.content.decode())[
        1
    ]
    form = client.get(link, follow=True)
    password = "correct horse battery"
    client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})
    assert client.login(email="new@example.org", password=password)
    assert client.get("/admin/").status_code == 200
    assert Membership.objects.get(user__email="new@example.org").role == "staff"


def test_somebody_who_has_an_account_elsewhere_gets_a_role_and_nobody_gets_their_link(signed_in, elsewhere):
    answer = signed_in("enterprise").post(
        "/admin/people/add/", {"email": "staff@elsewhere.example", "role": "manager"}
    )

    assert answer.status_code == 302
    assert set(
        Membership.objects.filter(user__email="staff@elsewhere.example").values_list("role", flat=True)
    ) == {
        "staff",
        "manager",
    }


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"email": "x", "role": "staff"}, "Enter a valid email address."),
        ({"email": "staff@harbour.example", "role": "staff"}, "This person works here already"),
        ({"email": "a@example.org", "role": "king"}, "Select a valid choice"),
    ],
)
def test_somebody_who_cannot_be_added_is_not(signed_in, clinic, data, sentence):
    answer = signed_in("enterprise").post("/admin/people/add/", data)

    assert sentence in answer.content.decode()
    assert User.objects.count() == 3


def test_a_role_is_changed_and_somebody_removed(signed_in, clinic):
    client = signed_in("enterprise")
    team = Team.objects.create(business=clinic.business, name="Sales")
    team.members.add(clinic.people["staff"])
    one = Membership.objects.get(user=clinic.people["staff"])

    client.post(f"/admin/people/{one.pk}/", {"role": "manager"})
    one.refresh_from_db()
    assert one.role == "manager"
    client.post(f"/admin/people/{one.pk}/", {"remove": "1"})

    assert not Membership.objects.filter(pk=one.pk).exists()
    assert not team.members.exists()
    assert User.objects.filter(pk=clinic.people["staff"].pk).exists()


@pytest.mark.parametrize("data", [{"role": "staff"}, {"remove": "1"}])
def test_the_last_enterprise_user_stays(signed_in, clinic, data):
    one = Membership.objects.get(user=clinic.people["enterprise"])

    answer = signed_in("enterprise").post(f"/admin/people/{one.pk}/", data)

    assert "Somebody must keep the role enterprise" in answer.content.decode()
    one.refresh_from_db()
    assert one.role == "enterprise"


def test_a_team_is_made_changed_and_removed(signed_in, clinic, elsewhere):
    client = signed_in("enterprise")
    ours = Membership.objects.get(user=clinic.people["staff"])
    theirs = Membership.objects.get(user=elsewhere.people["staff"])

    client.post("/admin/teams/", {"name": "Sales", "members": [ours.pk]})
    team = Team.objects.get()
    assert list(team.members.all()) == [clinic.people["staff"]]
    assert client.post("/admin/teams/", {"name": "Spies", "members": [theirs.pk]}).status_code == 422
    assert "Another team has this name" in client.post("/admin/teams/", {"name": "sales"}).content.decode()
    client.post(f"/admin/teams/{team.pk}/", {"name": "Sales team"})
    assert (Team.objects.get().name, team.members.count()) == ("Sales team", 0)
    client.post(f"/admin/teams/{team.pk}/", {"remove": "1"})
    assert not Team.objects.exists()


# --- keys ---


def test_a_key_is_shown_once_and_never_again(signed_in, clinic):
    client = signed_in("enterprise")

    shown = client.post("/admin/keys/add/", {"name": "CRM", "role": "manager"}).content.decode()
    text = re.search(r'value="(heed_[^"]+)"', shown)[1]

    assert keys.find(text).name == "CRM"
    assert text not in client.get("/admin/contacts/apikey/").content.decode()
    assert ApiKey.objects.get().created_by == clinic.people["enterprise"]


def test_a_key_is_revoked_after_asking(signed_in, clinic):
    key, text = keys.issue(business=clinic.business, role="staff", name="CRM")
    client = signed_in("enterprise")

    assert "locked out at once" in read(client.get(f"/admin/keys/{key.pk}/revoke/"))
    assert keys.find(text)
    client.post(f"/admin/keys/{key.pk}/revoke/")

    assert keys.find(text) is None
    assert "Revoked" in read(client.get("/admin/contacts/apikey/"))


# --- connections ---


def test_connections_are_made_by_forms(signed_in, clinic):
    client = signed_in("enterprise")

    client.post("/admin/connections/add/?driver=twilio", {
        "account_sid": "AC9", "auth_token": "token-0123456789", "from_number": "415 555 0100"})  # fmt: skip
    client.post("/admin/connections/add/?driver=smtp", {
        "host": "mail.example.org", "port": "587", "tls": "smtp", "user": "me@here", "password": "p:w/d",
        "from_email": "hello@example.org"})  # fmt: skip

    sms, email = Connection.objects.get(channel="sms"), Connection.objects.get(channel="email")
    assert sms.config == {
        "account_sid": "AC9",
        "auth_token": "token-0123456789",
        "from_number": "+14155550100",
    }
    assert email.config["url"] == "smtp://me%40here:p%3Aw%2Fd@mail.example.org:587"


def test_stored_credentials_are_never_shown(signed_in, clinic):
    connect(clinic.business)
    client = signed_in("enterprise")

    pages = [client.get(f"/admin/connections/{one.pk}/").content.decode() for one in Connection.objects.all()]
    pages.append(client.get("/admin/messaging/connection/").content.decode())

    assert all("a-secret-token-0123" not in page and "letmein" not in page for page in pages)


def test_an_empty_credential_keeps_the_one_that_is_stored(signed_in, clinic):
    connect(clinic.business)
    client = signed_in("enterprise")
    sms, email = Connection.objects.get(channel="sms"), Connection.objects.get(channel="email")

    client.post(
        f"/admin/connections/{sms.pk}/",
        {"account_sid": "AC2", "auth_token": "", "from_number": "+14155550111"},
    )
    client.post(f"/admin/connections/{email.pk}/", {
        "host": "127.0.0.1", "port": "2525", "tls": "smtp", "user": "user", "password": "",
        "from_email": "new@example.org",
    })  # fmt: skip

    sms.refresh_from_db()
    email.refresh_from_db()
    assert (sms.config["account_sid"], sms.config["auth_token"]) == ("AC2", "a-secret-token-0123")
    assert (email.config["url"], email.config["from_email"]) == (SMTP["url"], "new@example.org")


def test_a_stored_password_does_not_go_to_another_server(signed_in, clinic):
    connect(clinic.business)
    email = Connection.objects.get(channel="email")

    answer = signed_in("enterprise").post(f"/admin/connections/{email.pk}/", {
        "host": "thief.example", "port": "2525", "tls": "smtp", "user": "user", "password": "",
        "from_email": "a@example.org",
    })  # fmt: skip

    email.refresh_from_db()
    assert "Give the password again" in answer.content.decode()
    assert email.config["url"] == SMTP["url"]


@pytest.mark.parametrize(
    ("driver", "data", "sentence"),
    [
        (
            "twilio",
            {"account_sid": "AC 1", "auth_token": "t", "from_number": "+14155550100"},
            "only letters and digits",
        ),
        (
            "twilio",
            {"account_sid": "AC1", "auth_token": "t", "from_number": "x"},
            "This is not a phone number",
        ),
        (
            "smtp",
            {"host": "a b/c", "port": "25", "tls": "smtp", "from_email": "a@b.example"},
            "not the address of an SMTP",
        ),
        (
            "smtp",
            {"host": "h", "port": "25", "tls": "smtp", "from_email": "nobody"},
            "This is not an email address",
        ),
        (
            "smtp",
            {"host": "h", "port": "99999", "tls": "smtp", "from_email": "a@b.example"},
            "less than or equal",
        ),
    ],
)
def test_a_connection_that_cannot_work_is_refused(signed_in, clinic, driver, data, sentence):
    answer = signed_in("enterprise").post(f"/admin/connections/add/?driver={driver}", data)

    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Connection.objects.exists()


def test_a_second_connection_for_a_channel_is_refused(signed_in, clinic):
    connect(clinic.business)
    client = signed_in("enterprise")
    data = {"account_sid": "AC1", "auth_token": "t", "from_number": "+14155550100"}

    answer = client.post("/admin/connections/add/?driver=twilio", data)

    assert "There is a connection for SMS already" in answer.content.decode()
    assert "There is one already." in read(client.get("/admin/connections/add/"))


def test_a_connection_is_disconnected_connected_and_removed(signed_in, clinic):
    connect(clinic.business)
    client = signed_in("enterprise")
    one = Connection.objects.get(channel="sms")

    def state():
        return list(Connection.objects.filter(pk=one.pk).values_list("state", flat=True))

    for do, after in (
        ("disconnect", ["disconnected"]),
        ("connect", ["connected"]),
        ("", ["connected"]),
        ("remove", []),
    ):
        client.post(f"/admin/connections/{one.pk}/switch/", {"do": do})
        assert state() == after


# --- notifications and the start page ---


def test_the_bell_counts_what_is_unread_for_this_person(signed_in, clinic):
    contact = ContactFactory(business=clinic.business)
    Team.objects.create(business=clinic.business, name="Sales").members.add(clinic.people["staff"])
    told = [
        ("role:manager", "For managers", None),
        ("team:Sales", "For sales", contact.pk),
        ("role:staff", "For staff", None),
    ]
    work.notify(clinic.business.pk, told)
    client = signed_in("staff")

    assert "Notifications: 2 unread" in read(client.get("/admin/"))
    page = read(client.get("/admin/notifications/"))
    assert "For sales" in page
    assert "For managers" not in page

    one = work.unread_by(Membership.objects.get(user=clinic.people["staff"])).get(message="For sales")
    client.post("/admin/notifications/", {"one": one.pk})
    assert "Notifications: 1 unread" in read(client.get("/admin/"))
    client.post("/admin/notifications/")
    assert "none unread" in read(client.get("/admin/"))
    assert "Notifications: 1 unread" in read(signed_in("manager").get("/admin/"))


@pytest.mark.parametrize("one", ["x", "99999999999999999999", "-1", "0"])
def test_marking_what_there_is_not_changes_nothing(signed_in, clinic, one):
    work.notify(clinic.business.pk, [("role:staff", "Hello", None)])
    client = signed_in("staff")

    client.post("/admin/notifications/", {"one": one})

    assert "Notifications: 1 unread" in read(client.get("/admin/"))


def test_the_start_page_says_plainly_what_the_auditor_found(signed_in, clinic):
    client = signed_in("staff")
    now = clinic.business.created_at
    assert "Not checked yet." in read(client.get("/admin/"))

    Audit.objects.create(started_at=now, finished_at=now, messages=7)
    assert "Yes, all 7." in read(client.get("/admin/"))

    Audit.objects.create(started_at=now, finished_at=now, messages=8, violations=["message 3 went out"])
    shown = read(client.get("/admin/"))
    assert "No: 1 of 8 went out against a DND that was in force." in shown
    assert "message 3 went out" in shown
