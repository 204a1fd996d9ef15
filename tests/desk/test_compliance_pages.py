"""The compliance settings with their preview, the permitted hours, and the suppression list, as pages."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from compliance.models import PermittedHours, Profile
from compliance.services import profiles, suppressing
from contacts.actors import Actor
from contacts.services.errors import Invalid, RoleRequired
from dnd import services as dnd
from dnd.models import Change, Ground, Suppression
from messaging import services as messaging
from messaging.models import Message
from tests.desk.conftest import connect
from tests.factories import ENTERPRISE, MANAGER, STAFF, ContactFactory

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def settings_of(profile, **changes):
    data = {name: getattr(profile, name) for name in profiles.FIELDS} | changes
    words = {name: "\n".join(data[name]) for name in profiles.WORDS}
    switches = {name: "on" for name in profiles.SWITCHES if data[name]}
    rest = {
        name: data[name] for name in profiles.FIELDS if name not in profiles.SWITCHES and name not in words
    }
    return rest | words | switches | {"sample_sms": "Hello", "sample_email": "Dear Ada"}


def test_saving_changes_what_was_changed(signed_in, clinic):
    client = signed_in("enterprise")
    form = settings_of(profiles.of(clinic.business.pk), sms_repeat_days=7, opt_out_words=["ALTO", "BASTA"])
    del form["sms_sender"]
    response = client.post("/admin/compliance/", form | {"do": "save"})
    assert response.status_code == 302
    saved = Profile.objects.get()
    assert (saved.sms_repeat_days, saved.opt_out_words, saved.sms_sender) == (7, ["ALTO", "BASTA"], False)


def test_the_preview_saves_nothing_and_counts_segments(signed_in, clinic):
    client = signed_in("enterprise")
    form = settings_of(profiles.of(clinic.business.pk), sms_opt_out_text="Reply STOP, it’s easy")
    page = client.post(
        "/admin/compliance/", form | {"do": "preview", "sample_sms": "x" * 60}
    ).content.decode()
    assert "Reply STOP, it’s easy" in page
    assert "2 segments in UCS-2" in page
    assert "<code>’</code>" in page
    assert "1 segment in GSM-7" in page
    assert "List-Unsubscribe-Post" in page
    assert not Profile.objects.exists()

    part = client.post(
        "/admin/compliance/", form | {"do": "preview"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "Reply STOP, it’s easy" in part
    assert "<html" not in part


def test_what_cannot_work_is_said_at_its_field(signed_in, clinic):
    client = signed_in("enterprise")
    form = settings_of(
        profiles.of(clinic.business.pk), sms_opt_out_text="Reply CANCEL to leave", sms_repeat_days=99
    )
    for do in ("save", "preview"):
        response = client.post("/admin/compliance/", form | {"do": do})
        assert response.status_code == 422
        assert "less than or equal to 60" in response.content.decode()
    form["sms_repeat_days"] = 9
    response = client.post("/admin/compliance/", form | {"do": "save"})
    assert "People answer appointment reminders with CANCEL" in response.content.decode()
    assert not Profile.objects.exists()


def hours_form(*rows, region="US-TX"):
    """As the page sends it: the rows that there are, of which the later ones are removed, and an empty one."""
    form = {"region": region, "form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "2", "form-1-DELETE": "on"}
    for n, (days, opens, closes) in enumerate((*rows, (["6"], "12:00", "21:00"))):
        form |= {f"form-{n}-days": days, f"form-{n}-opens": opens, f"form-{n}-closes": closes}
    return form


def test_a_state_gets_hours_of_its_own_and_the_shipped_ones_back(signed_in, clinic):
    client = signed_in("enterprise")
    shown = client.get("/admin/hours/edit/?region=US-TX").content.decode()
    assert 'value="09:00"' in shown
    assert client.post("/admin/hours/edit/", hours_form((["0", "6"], "10:00", "18:00"))).status_code == 302
    assert [(r.region, r.days) for r in PermittedHours.objects.all()] == [("US-TX", [0, 6])]
    listed = client.get("/admin/hours/").content.decode()
    assert "Monday, Sunday: 10:00 to 18:00" in listed
    assert "Every day: 8:00 to 21:00" in listed

    client.post("/admin/hours/edit/", {**hours_form((["0"], "10:00", "18:00")), "reset": "1"})
    assert not PermittedHours.objects.exists()


@pytest.mark.parametrize("row", [(["0"], "18:00", "10:00"), ([], "10:00", "18:00"), (["0"], "x", "18:00")])
def test_hours_that_never_open_are_refused_at_their_field(signed_in, clinic, row):
    response = signed_in("enterprise").post("/admin/hours/edit/", hours_form(row))
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not PermittedHours.objects.exists()


def test_a_region_that_is_none_does_not_exist(signed_in):
    assert signed_in("enterprise").get("/admin/hours/edit/?region=US-XX").status_code == 404


def bounced(business):
    dnd.change_address(
        business=business,
        channel="email",
        address=ADA,
        block=True,
        by=Actor.provider("SES"),
        reason="email_bounce",
    )
    return Suppression.objects.get()


def test_a_manager_adds_an_address_and_an_enterprise_user_lifts_one_with_a_note(signed_in, clinic):
    contact = ContactFactory(business=clinic.business, email=ADA)
    form = {"channel": "email", "address": " ADA@example.org ", "note": "asked on the phone"}
    assert signed_in("manager").post("/admin/suppressions/add/", form).status_code == 302
    one = Suppression.objects.get()
    assert (one.address, one.reason, one.source) == (ADA, "dnc_list", "user")
    assert Ground.objects.get(contact=contact).reason == "dnc_list"
    assert Change.objects.get().text.note == "asked on the phone"

    path = f"/admin/suppressions/{one.pk}/lift/"
    assert signed_in("manager").get(path).status_code == 403
    assert signed_in("enterprise").post(path, {"note": " "}).status_code == 422
    assert signed_in("enterprise").post(path, {"note": "they called again"}).status_code == 302
    assert not Ground.objects.exists()
    assert Suppression.objects.get().lifted_by == "Enterprise of Harbour"
    assert signed_in("enterprise").get(path).status_code == 404


def test_what_only_the_contact_lifts_has_no_button_and_is_refused(signed_in, clinic):
    dnd.change_address(
        business=clinic.business,
        channel="email",
        address=ADA,
        block=True,
        by=Actor.provider("SES"),
        reason="email_complaint",
    )
    one = Suppression.objects.get()
    client = signed_in("enterprise")
    path = f"/admin/suppressions/{one.pk}/lift/"
    assert path not in client.get("/admin/dnd/suppression/").content.decode()
    response = client.post(path, {"note": "please"})
    assert "marked an email as spam" in response.content.decode()
    assert Suppression.objects.in_force().exists()


def test_a_bounce_has_a_button_for_enterprise_users_alone(signed_in, clinic):
    path = f"/admin/suppressions/{bounced(clinic.business).pk}/lift/"
    assert path in signed_in("enterprise").get("/admin/dnd/suppression/").content.decode()
    assert path not in signed_in("manager").get("/admin/dnd/suppression/").content.decode()


CSV = """Channel,Address,Remark
email,Ada@Example.org,x
,eve@example.org,
sms,'+1 415 555 0100,
,(415) 555-0101,
fax,+14155550102,
email,nonsense,
email,ada@example.org,again

"""


def test_a_file_suppresses_what_it_can_and_says_what_it_could_not(signed_in, clinic):
    file = SimpleUploadedFile("list.csv", "\ufeff".encode() + CSV.encode())
    page = (
        signed_in("manager").post("/admin/suppressions/import/", {"file": file, "note": ""}).content.decode()
    )
    found = set(Suppression.objects.values_list("channel", "address"))
    assert found == {
        ("email", ADA),
        ("email", "eve@example.org"),
        ("sms", "+14155550100"),
        *((channel, "+14155550101") for channel in ("call", "sms", "whatsapp")),
    }
    assert "7 rows read" in page
    assert "Unknown channel" in page
    assert "This is not an email address" in page


@pytest.mark.parametrize("content", [b"", b"phone\n1", b"\xff\xfe\x00"])
def test_what_is_no_such_file_is_refused(signed_in, clinic, content):
    response = signed_in("manager").post(
        "/admin/suppressions/import/", {"file": SimpleUploadedFile("list.csv", content or b" ")}
    )
    assert response.status_code == 422
    assert not Suppression.objects.exists()


def test_what_is_exported_can_be_imported_and_runs_in_no_spreadsheet(signed_in, clinic, elsewhere):
    suppressing.add(business=clinic.business, channel="sms", address="+14155550100", by=MANAGER)
    suppressing.add(business=clinic.business, channel="facebook", address="=1+1", by=MANAGER)
    suppressing.add(business=elsewhere.business, channel="email", address=ADA, by=MANAGER)
    response = signed_in("manager").get("/admin/suppressions/export/")
    text = b"".join(response.streaming_content).decode()
    assert [line.split(",")[:3] for line in text.splitlines()[1:]] == [
        ["sms", "'+14155550100", "dnc_list"],
        ["facebook", "'=1+1", "dnc_list"],
    ]
    result = suppressing.import_csv(business=elsewhere.business, file=io.StringIO(text), by=MANAGER)
    assert (result.rows, result.new, result.faults) == (2, 2, [])
    assert Suppression.objects.filter(business=elsewhere.business, address="+14155550100").exists()


def test_what_was_lifted_is_not_brought_back_by_importing_an_export(signed_in, clinic):
    suppressing.add(business=clinic.business, channel="sms", address="+14155550100", by=MANAGER)
    suppressing.lift(suppression=Suppression.objects.get(), note="wrong number", by=ENTERPRISE)
    response = signed_in("manager").get("/admin/suppressions/export/")
    text = b"".join(response.streaming_content).decode()
    result = suppressing.import_csv(business=clinic.business, file=io.StringIO(text), by=MANAGER)
    assert (result.rows, result.new) == (1, 0)
    assert result.faults == [(2, "'+14155550100", "It was lifted where this list comes from.")]
    assert not Suppression.objects.in_force().exists()


ODD_ROWS = [
    "", "   ", "\x00", "é@example.org", "a@b", "ada@example.org\x00", "+1", "+" + "9" * 60, "@", "=cmd|' /C calc'!A0",
    "\u202e+14155550100", "ada@example.org ada@example.org", "x" * 5000, "1e10", "+1415555010٣",
]  # fmt: skip


@pytest.mark.parametrize("channel", ["", "sms", "email", "facebook", "pigeon", "\x00"])
def test_rows_that_are_none_are_told_each_and_stop_no_other(clinic, channel):
    rows = "".join(f'"{channel}","{odd}"\n' for odd in ODD_ROWS)
    file = io.StringIO(f'channel,address\n{rows},"split\nin two@example.org"\nemail,{ADA}\n,,,\nsms\n')
    result = suppressing.import_csv(business=clinic.business, file=file, by=MANAGER)
    assert Suppression.objects.in_force().filter(channel="email", address=ADA).exists()
    known = set(Suppression.objects.values_list("address", flat=True))
    assert all(address.isprintable() and len(address) <= 254 for address in known)
    assert len(result.faults) + result.new >= 10
    assert all(line > 1 and why for line, _, why in result.faults)


def test_a_file_that_would_lose_something_is_refused(clinic):
    text = "address,address\n+14155550100,+14155550101\n"
    with pytest.raises(Invalid, match="names the column address twice"):
        suppressing.import_csv(business=clinic.business, file=io.StringIO(text), by=MANAGER)


def test_a_very_long_cell_costs_its_row_alone(clinic):
    text = "address\n" + "x" * 200_000 + "\n+14155550100\n"
    result = suppressing.import_csv(business=clinic.business, file=io.StringIO(text), by=MANAGER)
    assert (result.rows, result.new, [line for line, _, _ in result.faults]) == (2, 3, [2])


def test_the_services_ask_for_the_role_themselves(clinic):
    with pytest.raises(RoleRequired):
        suppressing.add(business=clinic.business, channel="sms", address="+14155550100", by=STAFF)
    with pytest.raises(RoleRequired):
        suppressing.import_csv(business=clinic.business, file=io.StringIO(CSV), by=STAFF)
    with pytest.raises(RoleRequired):
        suppressing.lift(suppression=bounced(clinic.business), note="x", by=MANAGER)
    with pytest.raises(Invalid):
        suppressing.add(business=clinic.business, channel="sms", address="12", by=MANAGER)


def test_a_message_that_waits_for_its_hours_says_until_when_by_the_businesss_clock(signed_in, clinic):
    connect(clinic.business)
    contact = ContactFactory(business=clinic.business)
    messaging.send_manual(business=clinic.business, contact=contact.pk, channel="sms", body="Hello", by=STAFF)
    opens = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
    Message.objects.update(state="held", rule="hours", reason="quiet_hours", due_at=opens)
    zone = ZoneInfo(clinic.business.timezone)
    page = signed_in().get("/admin/messaging/message/").content.decode()
    assert f"Held until 26 Nov, {opens.astimezone(zone):%H:%M}" in page
