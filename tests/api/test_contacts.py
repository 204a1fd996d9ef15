"""Contacts over REST: their shape, their filters, their tags."""

import pytest

from contacts.models import Contact, Pipeline, Status
from tests.factories import ContactFactory, block

ADA = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "Ada@Example.org",
    "phones": [{"number": "(415) 555-0100", "label": "mobile", "line_type": "mobile", "preferred": True}],
    "timezone": "America/Los_Angeles",
    "external_id": "MRN-1",
    "tags": ["vip", "Early bird"],
}


def test_a_contact_has_the_shape_of_the_contract(api):
    made = api.post("contacts/", ADA)

    assert made.status == 201
    assert made.body == {
        "id": made.body["id"],
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "ada@example.org",
        "phones": [{"number": "+14155550100", "label": "mobile", "line_type": "mobile", "preferred": True}],
        "timezone": "America/Los_Angeles",
        "external_id": "MRN-1",
        "tags": ["Early bird", "vip"],
        "status": None,
        "dnd_state": "off",
        "do_not_contact": False,
    }
    assert isinstance(made.body["id"], str)
    assert api.get(f"contacts/{made.body['id']}/").body == made.body


def test_what_is_left_out_of_a_new_contact_is_empty(api):
    made = api.post("contacts/", {})

    assert made.status == 201
    assert (made.body["email"], made.body["phones"], made.body["external_id"], made.body["tags"]) == (
        None,
        [],
        None,
        [],
    )


def test_one_number_may_be_given_as_phone_and_its_line_type_is_looked_up(api):
    made = api.post("contacts/", {"phone": "020 7946 0958"})
    assert made.fields == ["phone"]

    made = api.post("contacts/", {"phone": "+44 7400 123456"})
    assert made.body["phones"] == [
        {"number": "+447400123456", "label": "", "line_type": "mobile", "preferred": False}
    ]


def test_a_patch_changes_what_it_names_and_null_takes_an_email_away(api):
    contact = api.post("contacts/", ADA).body

    changed = api.patch(
        f"contacts/{contact['id']}/", {"email": None, "tags": ["vip"], "last_name": "Lovelace"}
    )

    assert changed.status == 200
    assert changed.body == contact | {"email": None, "tags": ["vip"], "last_name": "Lovelace"}


def test_a_deleted_contact_is_gone(api):
    contact = api.post("contacts/", ADA).body

    assert api.delete(f"contacts/{contact['id']}/").status == 204

    assert api.get(f"contacts/{contact['id']}/").status == 404
    assert api.get(f"contacts/{contact['id']}/dnd/").status == 404
    assert api.get(f"contacts/{contact['id']}/timeline/").status == 404
    assert api.get("contacts/").body["results"] == []


def test_an_external_id_belongs_to_one_contact(api):
    api.post("contacts/", ADA)

    again = api.post("contacts/", {"external_id": "MRN-1"})

    assert (again.status, again.code) == (409, "external_id_taken")


def test_tags_are_added_and_removed_whatever_their_case(api):
    contact = api.post("contacts/", {"tags": ["vip", "new"]}).body["id"]

    changed = api.post(
        f"contacts/{contact}/tags/", {"add": [" late  payer ", "VIP"], "remove": ["NEW", "unknown"]}
    )

    assert changed.status == 200
    assert changed.body["tags"] == ["late payer", "vip"]


class TestFilters:
    @pytest.fixture
    def people(self, business):
        ada = ContactFactory(business=business, first_name="Ada", last_name="Byron", phone="+14155550101")
        bea = ContactFactory(
            business=business, first_name="Bea", last_name="Clark", phone="+14155550102", email="b@c.org"
        )
        cid = ContactFactory(
            business=business,
            first_name="Cid",
            last_name="Byron",
            phone="+442079460958",
            email="c@d.org",
            external_id="X-9",
        )
        ContactFactory(first_name="Ada", last_name="Byron", phone="+14155550101")
        block(bea, "sms")
        block(cid, *["call", "sms", "email", "whatsapp", "facebook", "gmb"])
        return {"ada": ada, "bea": bea, "cid": cid}

    def found(self, api, query):
        answer = api.get(f"contacts/?{query}")
        assert answer.status == 200
        return "".join(contact["first_name"][0].lower() for contact in answer.body["results"])

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", "cba"),
            ("search=", "cba"),
            ("search=byr", "ca"),
            ("search=ada%20byron", "a"),
            ("search=byron+ada", "a"),
            ("search=B%40C", "b"),
            ("search=x-9", "c"),
            ("search=(415)%20555-0102", "b"),
            ("search=415.555", "ba"),
            ("search=5550102", "b"),
            ("search=%2B442079460958", "c"),
            ("search=y", "ca"),
            ("search=100%25", ""),
            ("dnd_state=off", "a"),
            ("dnd_state=on", "c"),
            ("dnd_state=partial", "b"),
            ("dnd_channel=sms", "cb"),
            ("dnd_channel=email", "c"),
            ("dnd_reason=user_request", "cb"),
            ("dnd_reason=stop_keyword", ""),
            ("dnd_channel=sms&dnd_state=partial", "b"),
            ("do_not_contact=false", "cba"),
            ("do_not_contact=true", ""),
            ("tag=nobody", ""),
        ],
    )
    def test_finds(self, api, people, query, expected):
        assert self.found(api, query) == expected

    def test_numbers_are_read_as_dialled_in_the_business_s_country(self, api, business, people):
        business.country = "GB"
        business.save()

        assert self.found(api, "search=020%207946%200958") == "c"

    def test_by_tag_and_by_status(self, api, business, people):
        status = Status.objects.create(
            pipeline=Pipeline.objects.create(business=business, name="Leads"), name="Hot"
        )
        Contact.objects.filter(pk=people["bea"].pk).update(status=status)
        api.post(f"contacts/{people['ada'].pk}/tags/", {"add": ["vip"]})

        assert self.found(api, "tag=VIP") == "a"
        assert self.found(api, f"status={status.pk}") == "b"
        assert api.get(f"contacts/{people['bea'].pk}/").body["status"] == str(status.pk)

    def test_by_do_not_contact(self, api, people):
        api.patch(f"contacts/{people['ada'].pk}/dnd/", {"do_not_contact": True})

        assert self.found(api, "do_not_contact=true") == "a"
        assert self.found(api, "do_not_contact=false") == "cb"

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("dnd_state=foo", "dnd_state"),
            ("dnd_channel=fax", "dnd_channel"),
            ("dnd_reason=whim", "dnd_reason"),
            ("do_not_contact=1", "do_not_contact"),
            ("status=999999", "status"),
            ("status=x", "status"),
            ("tag=", "tag"),
            ("colour=red", "colour"),
            ("search=a&search=b", "search"),
            ("search=%00", "search"),
            ("search=" + "a" * 201, "search"),
            ("page_size=0", "page_size"),
            ("page_size=201", "page_size"),
            ("page_size=-1", "page_size"),
            ("page_size=ten", "page_size"),
            ("page_size=%D9%A1", "page_size"),
            ("cursor=x", "cursor"),
            ("cursor=%00", "cursor"),
            ("cursor=PDk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor"),
            ("cursor=%C3%A9", "cursor"),
        ],
    )
    def test_what_is_no_filter_is_named(self, api, query, field):
        answer = api.get(f"contacts/?{query}")

        assert (answer.status, answer.fields) == (400, [field])


def test_pages_hold_everything_once_in_both_directions(api, business):
    ids = [str(ContactFactory(business=business, phone=False, email=False).pk) for _ in range(7)][::-1]

    forth, address = [], "contacts/?page_size=3&dnd_state=off"
    while address:
        page = api.get(address).body
        forth.append([contact["id"] for contact in page["results"]])
        address, last = page["next"], page
    back = [[contact["id"] for contact in last["results"]]]
    while last["previous"]:
        last = api.get(last["previous"]).body
        back.insert(0, [contact["id"] for contact in last["results"]])

    assert forth == [ids[:3], ids[3:6], ids[6:]]
    assert back == forth
    assert "dnd_state=off" in api.get("contacts/?page_size=3&dnd_state=off").body["next"]


def test_a_page_of_contacts_takes_the_same_queries_as_one(api, business, django_assert_max_num_queries):
    for _ in range(30):
        block(ContactFactory(business=business), "sms")

    with django_assert_max_num_queries(6):
        assert len(api.get("contacts/").body["results"]) == 30


def test_ids_at_facebook_and_google_are_kept_and_left_out_where_there_are_none(api):
    made = api.post("contacts/", {"facebook_id": "messenger:9081726354", "gmb_id": "place-1"})
    assert (made.status, made.body["facebook_id"], made.body["gmb_id"]) == (201, "9081726354", "place-1")

    changed = api.patch(f"contacts/{made.body['id']}/", {"gmb_id": None})

    assert changed.body["facebook_id"] == "9081726354"
    assert "gmb_id" not in changed.body
    assert not {"facebook_id", "gmb_id"} & set(api.post("contacts/", {"first_name": "Ben"}).body)


@pytest.mark.parametrize("field", ["facebook_id", "gmb_id"])
def test_what_is_no_id_is_refused_by_its_field(api, field):
    refused = api.post("contacts/", {field: "not an id"})

    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (400, [field])
