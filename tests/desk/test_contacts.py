"""The list of contacts and its filters, adding and editing, and what staff do on a contact's page."""

import re

import pytest
from playwright.sync_api import expect

from contacts.actors import Actor
from contacts.models import Contact, Task
from contacts.services import people, tags, work
from dnd import services as dnd
from messaging import services as messaging
from messaging.models import Connection, Message
from tests.desk.conftest import connect
from tests.factories import ENTERPRISE, STAFF, ContactFactory, add_phone, block
from workflows import services as workflows

LIST = "/admin/contacts/contact/"
EVERY = ("call", "sms", "email", "whatsapp", "facebook", "gmb")
ROWS = {"phones-TOTAL_FORMS": "2", "phones-INITIAL_FORMS": "0", "preferred": ""}


@pytest.fixture
def contact(clinic):
    return ContactFactory(business=clinic.business, first_name="Ada", last_name="Byron")


def page_of(contact):
    return f"{LIST}{contact.pk}/change/"


def read(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# --- the list ---


@pytest.fixture
def crowd(clinic):
    """One contact for each thing that can be asked for."""
    made = {name: ContactFactory(business=clinic.business, first_name=name, last_name="X") for name in (
        "Free", "Every", "Stopped", "Asked", "Tagged", "Paused")}  # fmt: skip
    block(made["Every"], *EVERY)
    stop = dnd.Wish(outbound={"sms": True}, reason="stop_keyword")
    dnd.change_one(business=clinic.business, contact=made["Stopped"].pk, wish=stop, by=Actor.contact())
    block(made["Asked"], "email")
    tags.edit(business=clinic.business, contact=made["Tagged"].pk, by=STAFF, add_names=["VIP"])
    pause = dnd.Wish(do_not_contact=True)
    dnd.change_one(business=clinic.business, contact=made["Paused"].pk, wish=pause, by=ENTERPRISE)
    return made


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("dnd_state=on", {"Every"}),
        ("dnd_state=partial", {"Stopped", "Asked"}),
        ("dnd_state=off", {"Free", "Tagged", "Paused"}),
        ("dnd_channel=sms", {"Every", "Stopped"}),
        ("dnd_reason=stop_keyword", {"Stopped"}),
        ("dnd_reason=user_request&dnd_channel=email", {"Every", "Asked"}),
        ("dnd_reason=stop_keyword&dnd_channel=email", set()),
        ("tag=VIP", {"Tagged"}),
        ("do_not_contact=1", {"Paused"}),
        ("q=every", {"Every"}),
        ("q=x+stopped", {"Stopped"}),
        ("q=nobody", set()),
        ("dnd_state=sideways", {"Free", "Every", "Stopped", "Asked", "Tagged", "Paused"}),
        ("dnd_state=&dnd_channel=&tag=", {"Free", "Every", "Stopped", "Asked", "Tagged", "Paused"}),
    ],
)
def test_the_list_is_filtered_and_searched(signed_in, crowd, query, names):
    shown = signed_in("staff").get(f"{LIST}?{query}").content.decode()

    assert {name for name in crowd if f">{name} X</a>" in shown} == names


@pytest.mark.django_db
def test_a_number_is_found_however_it_is_written(signed_in, contact):
    add_phone(contact, "+14155550123")

    for written in ("415 555 0123", "(415) 555-0123", "+1 415-555-0123", "5550123"):
        assert "Ada Byron" in read(signed_in("staff").get(LIST, {"q": written})), written


@pytest.mark.django_db
def test_the_list_says_the_state_in_words(signed_in, crowd):
    shown = read(signed_in("staff").get(LIST))

    assert re.search(r"Every X .*? On", shown)
    assert "Partial SMS blocked" in shown
    assert "Automations paused" in shown


@pytest.mark.django_db
def test_a_page_of_the_list_costs_the_same_however_many_there_are(
    signed_in, clinic, django_assert_max_num_queries
):
    client = signed_in("staff")
    for n in range(12):
        made = ContactFactory(business=clinic.business, first_name=f"N{n}")
        add_phone(made, f"+1415555{1000 + n}")
        tags.edit(business=clinic.business, contact=made.pk, by=STAFF, add_names=["a", f"b{n}"])
        block(made, "sms")

    with django_assert_max_num_queries(12):
        assert "N11" in client.get(LIST).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["p=2", "p=9999", "p=x", "q=%00", "o=1", "e=1", "nonsense=1", "dnd_state=%00"]
)
def test_odd_queries_are_answered(signed_in, contact, query):
    assert signed_in("staff").get(f"{LIST}?{query}", follow=True).status_code == 200


@pytest.mark.django_db
def test_an_empty_list_teaches_what_to_do(signed_in, clinic):
    assert "Add the first person" in read(signed_in("staff").get(LIST))
    assert "Welcome to Heed" in read(signed_in("staff").get("/admin/"))


# --- adding and editing ---


@pytest.mark.django_db
def test_a_contact_is_added_with_phones_tags_and_the_rest(signed_in, clinic):
    answer = signed_in("staff").post(f"{LIST}add/", {
        **ROWS, "first_name": "Grace", "last_name": "Hopper", "email": "Grace@Example.org", "tags": "vip, New, vip",
        "timezone": "America/Chicago", "external_id": "MRN-9", "preferred": "1",
        "phones-0-number": "(415) 555-0101", "phones-0-label": "home", "phones-0-line_type": "landline",
        "phones-1-number": "+1 415 555 0102", "phones-1-line_type": "",
    })  # fmt: skip

    made = Contact.objects.get()
    assert answer.url == page_of(made)
    assert (made.name, made.timezone, made.external_id) == ("Grace Hopper", "America/Chicago", "MRN-9")
    assert tags.names_of(made.pk) == ["New", "vip"]
    assert list(made.points.filter(kind="phone").values_list("value", "label", "line_type", "preferred")) == [
        ("+14155550101", "home", "landline", False),
        ("+14155550102", "", "unknown", True),
    ]
    assert made.points.get(kind="email").value == "grace@example.org"
    assert made.events.get(kind="contact_created").actor == "Staff of Harbour"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"email": "no-at-sign"}, "This is not an email address"),
        ({"phones-1-number": "banana"}, "This is not a phone number"),
        ({"phones-0-number": "4155550101", "phones-1-number": "+14155550101"}, "This number is given twice"),
        ({"external_id": "MRN-1"}, "Another contact has the external id MRN-1."),
        ({"first_name": "a\0b"}, "Null characters are not allowed."),
        ({"first_name": "x" * 201}, "Ensure this value has at most 200 characters"),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(signed_in, clinic, data, sentence):
    ContactFactory(business=clinic.business, external_id="MRN-1")

    answer = signed_in("staff").post(f"{LIST}add/", {**ROWS, "last_name": "Kept", **data})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'value="Kept"' in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Contact.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [{}, {"phones-TOTAL_FORMS": "x"}, {"phones-TOTAL_FORMS": "9999999"}])
def test_a_form_without_its_counts_is_no_server_error(signed_in, clinic, rows):
    answer = signed_in("staff").post(f"{LIST}add/", {"first_name": "A", "phones-INITIAL_FORMS": "0", **rows})

    assert answer.status_code == 422


@pytest.mark.django_db
def test_editing_keeps_what_is_left_and_removes_a_number_that_is_emptied(signed_in, clinic, contact):
    tags.edit(business=clinic.business, contact=contact.pk, by=STAFF, add_names=["vip"])
    old = contact.points.get(kind="phone").value

    signed_in("staff").post(f"{LIST}{contact.pk}/edit/", {
        **ROWS, "first_name": "Augusta", "last_name": "Byron", "email": "",
        "phones-0-number": "", "phones-1-number": "+14155559999",
    })  # fmt: skip

    contact.refresh_from_db()
    assert contact.name == "Augusta Byron"
    assert list(contact.points.values_list("value", flat=True)) == ["+14155559999"]
    assert old not in read(signed_in("staff").get(page_of(contact)))
    assert tags.names_of(contact.pk) == ["vip"]


@pytest.mark.django_db
def test_deleting_asks_first_and_leaves_the_record(signed_in, contact):
    block(contact, "sms")
    client = signed_in("staff")

    assert "What this person asked for is kept" in read(client.get(f"{LIST}{contact.pk}/remove/"))
    assert Contact.objects.get().deleted_at is None
    client.post(f"{LIST}{contact.pk}/remove/")

    assert client.get(page_of(contact)).status_code == 404
    assert "Deleted contact" in read(client.get("/admin/dnd/change/", follow=True))
    assert "Byron" not in read(client.get("/admin/dnd/change/", follow=True))


@pytest.mark.browser
def test_a_further_phone_is_added_by_a_button(desk, clinic):
    page = desk("staff").open(f"{LIST}add/")
    page.get_by_label("First name").fill("Grace")
    page.get_by_label("Number").fill("+14155550101")
    page.get_by_role("button", name="Another phone").click()
    expect(page.get_by_label("Number").nth(1)).to_be_focused()
    page.keyboard.type("+14155550102")
    page.get_by_label("Preferred", exact=True).nth(1).check()
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#details-title")).to_be_visible()
    points = Contact.objects.get().points.filter(kind="phone")
    assert list(points.values_list("value", "preferred")) == [("+14155550101", False), ("+14155550102", True)]


# --- on the contact's page ---


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "entered"), [("staff", 0), ("manager", 1)])
def test_a_contact_is_put_into_a_workflow_by_hand(signed_in, clinic, contact, role, entered):
    steps = [{"kind": "wait", "for": "1d"}]
    made = workflows.create(
        business=clinic.business, data={"name": "Nurture", "triggers": [], "steps": steps}, by=ENTERPRISE
    )
    workflows.publish(workflow=made, by=ENTERPRISE)
    client = signed_in(role)

    assert ("Put into a workflow" in read(client.get(page_of(contact)))) is bool(entered)
    client.post(f"{LIST}{contact.pk}/enroll/", {"workflow": made.pk})
    again = client.post(f"{LIST}{contact.pk}/enroll/", {"workflow": made.pk}, follow=True)

    assert contact.enrollments.count() == entered
    assert ("The contact is in this workflow already." in read(again)) is bool(entered)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_tags_tasks_and_notes_are_written_without_leaving_the_page(desk, contact, width):
    page = desk("staff", width=width).contact(contact)

    page.get_by_label("Add a tag").fill("vip")
    page.keyboard.press("Enter")
    expect(page.locator("#tags-shown")).to_contain_text("vip")
    expect(page.locator("#desk-said")).to_contain_text("Tag “vip” added.")
    page.get_by_role("button", name="Remove the tag vip").click()
    expect(page.locator("#tags-shown")).to_contain_text("No tags yet.")

    page.get_by_text("Add a task").click()
    page.get_by_label("What is to be done").fill("Call back")
    page.get_by_role("button", name="Add the task").click()
    page.get_by_role("button", name="Done with Call back").click()
    expect(page.locator("#tasks")).to_contain_text("done just now")

    page.get_by_text("Add a note").click()
    page.locator("#notes").get_by_label("Note", exact=True).fill("Likes <b>mornings</b>")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("#notes")).to_contain_text("Likes <b>mornings</b>")
    expect(page.locator("#timeline")).to_contain_text("Likes <b>mornings</b>")

    assert (tags.names_of(contact.pk), Task.objects.get().done_at is None) == ([], False)


@pytest.mark.browser
def test_what_a_workflow_did_meanwhile_appears_on_the_page(desk, contact):
    page = desk("staff").contact(contact)
    tags.edit(business=contact.business, contact=contact.pk, by=STAFF, add_names=["from elsewhere"])

    page.get_by_role("switch", name="Block SMS", exact=True).click()

    expect(page.locator("#tags-shown")).to_contain_text("from elsewhere")
    expect(page.locator("#timeline")).to_contain_text("DND enabled by user for SMS")


@pytest.mark.browser
def test_a_message_is_written_and_a_blocked_channel_says_so_beforehand(desk, clinic, contact):
    connect(clinic.business)
    block(contact, "email")
    page = desk("staff").contact(contact)
    form = page.locator("#message")

    expect(form).to_contain_text("Cannot send the message: DND is active for Email.")
    expect(form.get_by_role("radio", name="Email")).to_be_disabled()
    form.get_by_label("Message", exact=True).fill("Hello {{contact.first_nam}}")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("#message-body-error")).to_contain_text("contact.first_nam")
    form.get_by_label("Message", exact=True).fill("Hello {{contact.first_name}}, {{user.name}} here.")
    form.get_by_role("button", name="Send").click()

    expect(page.locator("#desk-said")).to_contain_text("SMS handed over to be sent.")
    sent = Message.objects.get()
    assert (sent.body, sent.state, sent.message_class) == (
        "Hello Ada, Staff of Harbour here.",
        "queued",
        "manual",
    )


@pytest.mark.django_db
def test_a_message_on_a_channel_that_was_blocked_meanwhile_is_not_sent(signed_in, clinic, contact):
    connect(clinic.business)
    block(contact, "sms")

    answer = signed_in("staff").post(f"{LIST}{contact.pk}/message/", {"channel": "sms", "body": "Hello"})

    assert answer.status_code == 422
    assert "Cannot send the message: DND is active for SMS." in answer.content.decode()
    assert "Hello" in answer.content.decode()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_message_on_a_disconnected_channel_says_that_it_waits(signed_in, clinic, contact):
    connect(clinic.business)
    messaging.disconnect(connection=Connection.objects.get(channel="sms"), by=ENTERPRISE)

    shown = read(signed_in("staff").get(page_of(contact)))

    assert "The channel is disconnected. A message would wait." in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("part", "data", "sentence"),
    [
        ("tags", {"add": "  "}, "A tag needs 1 to 200 characters."),
        ("tags", {"add": "x\0"}, "Null characters are not allowed."),
        ("tasks", {"title": ""}, "Say what is to be done."),
        ("tasks", {"title": "x", "due_at": "soon"}, "Give a date and a time"),
        ("notes", {"text": ""}, "Write something first."),
        ("notes", {"text": "x" * 2001}, "Ensure this value has at most 2000 characters"),
    ],
)
def test_what_cannot_be_saved_is_said_where_it_was_typed(signed_in, contact, part, data, sentence):
    client = signed_in("staff")

    by_htmx = client.post(f"{LIST}{contact.pk}/{part}/", data, headers={"HX-Request": "true"})
    by_page = client.post(f"{LIST}{contact.pk}/{part}/", data, follow=True)

    assert sentence in by_htmx.content.decode()
    assert sentence in by_page.content.decode()
    assert not Task.objects.exists()


@pytest.mark.django_db
def test_the_timeline_is_read_in_parts_to_its_end(signed_in, clinic, contact):
    for n in range(60):
        work.add_note(
            business=clinic.business.pk, contact=contact.pk, author=clinic.people["staff"], text=f"note-{n}."
        )
    client = signed_in("staff")
    seen, where = [], f"{LIST}{contact.pk}/timeline/"
    for _ in range(5):
        text = client.get(where, headers={"HX-Request": "true"}).content.decode()
        seen += re.findall(r"note-(\d+)\.", text)
        more = re.search(r'href="([^"]+before=[^"]+)"', text)
        if not more:
            break
        where = more[1]

    assert [int(n) for n in seen] == list(reversed(range(60)))
    assert client.get(f"{LIST}{contact.pk}/timeline/?before=nonsense").status_code == 404


@pytest.mark.django_db
def test_markup_in_names_is_shown_as_text(signed_in, clinic):
    data = people.clean(clinic.business, {"first_name": "<script>alert(1)</script>", "tags": ["<img src=x>"]})
    made = people.create(business=clinic.business, data=data, by=STAFF)
    client = signed_in("staff")

    for address in (LIST, page_of(made), "/admin/"):
        assert "<script>alert" not in client.get(address).content.decode()
        assert "<img src=x>" not in client.get(address).content.decode()
