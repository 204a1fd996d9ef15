"""Keys, methods, addresses, bodies: what holds for every resource alike."""

import json
import time

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as RedisDown

from config.cache import PAUSE, ForgivingRedisCache
from contacts.models import ApiKey, Contact
from contacts.rest import throttling
from contacts.rest.throttling import KeyThrottle, Tally
from contacts.services import keys
from tests.api.client import Api
from tests.factories import ContactFactory


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "key_required"),
        ("", "key_required"),
        ("Bearer", "key_required"),
        ("Basic aGVlZDpoZWVk", "key_required"),
        ("Bearer heed_nobody", "key_unknown"),
        ("Bearer \u00e9\u00ff", "key_unknown"),
    ],
)
def test_without_a_valid_key_nothing_is_answered(db, header, code):
    answer = Client().get(
        "/api/v1/contacts/", headers={"Authorization": header} if header is not None else {}
    )

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_a_revoked_key_is_unknown(api, business):
    keys.revoke(ApiKey.objects.get(business=business))

    assert api.get("contacts/").status == 401


def test_a_problem_says_what_rfc_9457_and_the_contract_ask_for(api):
    answer = api.get("contacts/999999999/")

    assert answer.body == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "code": "not_found",
    }


@pytest.mark.parametrize(
    "path", ["nothing/", "contacts/1/nothing/", "contacts", "", "contacts//dnd/", "statuses/"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_an_unknown_address_is_a_404(api, path, method):
    assert api.send(method, f"/api/v1/{path}", b"{}").status == 404


@pytest.mark.parametrize(
    "id", ["0", "-1", "01", "1.5", "1x", "x", "%00", "9" * 18, "9" * 19, "9" * 30, "%D9%A1", "1%20", "null"]
)
def test_what_never_was_an_id_is_a_404(api, id):
    for path in ("contacts/{}/", "contacts/{}/dnd/", "messages/{}/", "workflows/{}/", "enrollments/{}/"):
        assert api.get(path.format(id)).status == 404
    assert api.patch(f"contacts/{id}/dnd/", {"outbound": {"sms": True}}).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "contacts/", "GET, HEAD, POST"),
        ("DELETE", "contacts/", "GET, HEAD, POST"),
        ("OPTIONS", "contacts/", "GET, HEAD, POST"),
        ("GET", "decisions/", "POST"),
        ("POST", "contacts/1/dnd/", "GET, HEAD, PATCH"),
        ("BREW", "business/", "GET, HEAD, PATCH"),
    ],
)
def test_an_unsupported_method_is_a_405_that_says_which_are_supported(api, method, path, allowed):
    answer = api.send(method, path)

    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert sorted(answer.headers["Allow"].split(", ")) == sorted(allowed.split(", "))


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            (b"", "", "required"),
            (b"  \n", "", "required"),
            (b"{", "", "malformed"),
            (b"first_name=Ada", "", "malformed"),
            (b"[]", "", "not_an_object"),
            (b'"Ada"', "", "not_an_object"),
            (b"null", "", "not_an_object"),
            (b"12", "", "not_an_object"),
            (b"\xff\xfe{}", "", "not_utf8"),
            (b'{"first_name": "\xed\xa0\x80"}', "", "not_utf8"),
            (b'{"first_name": "A\\u0000a"}', "first_name", "invalid"),
            (b'{"first_name": "\\ud800"}', "first_name", "invalid"),
            (b'{"phones": [{"number": "\\udc00"}]}', "phones.0.number", "invalid"),
            (b'{"tags": ["a", "\\u0000"]}', "tags.1", "invalid"),
            (b'{"a\\ud800b": 1}', "a?b", "invalid"),
            (b'{"a\\u0000b": 1}', "a\0b", "invalid"),
            (b'{"first_name": "Ada", "first_name": "Bea"}', "first_name", "doubled"),
            (b'{"first_name": NaN}', "first_name", "not_a_number"),
            (b'{"first_name": 1e999}', "first_name", "too_large"),
            (b'{"first_name": ' + b"9" * 6000 + b"}", "first_name", "too_large"),
            (b'{"colour": "red"}', "colour", "unknown"),
            (b'{"colour": {"deep": [1]}}', "colour", "unknown"),
            (b'{"": 1}', "", "unknown"),
            (b"[" * 100_000, "", "too_deep"),
            (b'{"a":' * 100_000, "", "too_deep"),
            (b'{"first_name": ' + b"[" * 65 + b"]" * 65 + b"}", "", "too_deep"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, api, body, field, code):
        answer = api.send("POST", "contacts/", body)

        assert (answer.status, answer.fields) == (400, [field])
        assert answer.body["errors"][0]["code"] == code
        assert not Contact.objects.exists()

    def test_escapes_that_make_a_character_are_none_of_these(self, api):
        answer = api.send("POST", "contacts/", b'{"first_name": "\\ud83d\\ude00 \\u00e9"}')

        assert (answer.status, answer.body["first_name"]) == (201, "😀 é")

    def test_another_type_of_body_is_a_415(self, api):
        answer = api.send("POST", "contacts/", b"first_name=Ada", "application/x-www-form-urlencoded")

        assert (answer.status, answer.code) == (415, "not_json")

    def test_json_by_any_of_its_names_is_read(self, api):
        for kind in ("application/json; charset=utf-8", "application/merge-patch+json", ""):
            assert api.send("POST", "contacts/", b"{}", kind).status == 201

    @pytest.mark.parametrize("size", [1_000_001, 10_000_000])
    def test_a_body_over_1_mb_is_a_413_and_is_not_read(self, api, size):
        body = Unread(size)

        answer = api.client.generic(
            "POST",
            "/api/v1/contacts/",
            b"",
            headers=api.headers,
            CONTENT_LENGTH=str(size),
            **{"wsgi.input": body},
        )

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert body.taken == 0

    def test_a_body_without_a_length_is_read_no_further_than_1_mb(self, api):
        body = Unread(10_000_000)
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "wsgi.input": body}

        answer = api.client.generic(
            "POST", "/api/v1/contacts/", b"", headers=api.headers, CONTENT_LENGTH="", **chunked
        )

        assert answer.status_code == 413
        assert body.taken <= 1_000_001

    def test_one_megabyte_is_read(self, api):
        body = json.dumps({"first_name": "Ada"}).encode().ljust(1_000_000)

        assert api.send("POST", "contacts/", body).status == 201

    def test_the_role_is_asked_before_the_body(self, as_role, business):
        staff = as_role("staff", business)

        for body in (b"{", b"[]", b"x" * 2_000_000):
            answer = staff.send("POST", "workflows/", body)
            assert (answer.status, answer.code) == (403, "role_required")


class Unread:
    """A body that knows how much of it was read."""

    def __init__(self, size: int) -> None:
        self.size, self.taken = size, 0

    def read(self, wanted: int = -1) -> bytes:
        count = min(wanted if wanted >= 0 else self.size, self.size - self.taken)
        self.taken += count
        return b" " * count

    readline = read


def test_whatever_is_accepted_the_answer_is_json(api):
    for accept in ("text/html", "application/xml", "nonsense", "*/*"):
        answer = api.client.get("/api/v1/contacts/", headers={**api.headers, "Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_our_own_fault_is_a_problem_too(api, monkeypatch):
    monkeypatch.setattr("contacts.services.people.clean", lambda *a: 1 / 0)
    api.client.raise_request_exception = False

    answer = api.client.post("/api/v1/contacts/", {}, content_type="application/json", headers=api.headers)

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["code"] == "internal"
    assert "ZeroDivision" not in answer.text


def test_a_host_that_is_not_ours_is_a_problem_too(api):
    answer = api.client.get("/api/v1/contacts/", headers={**api.headers, "Host": "evil.example"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


class TestThrottle:
    @pytest.fixture(autouse=True)
    def _low_limits(self, monkeypatch):
        monkeypatch.setattr(throttling, "LIMIT", 30)
        monkeypatch.setattr(throttling, "NEAR", 15)
        monkeypatch.setattr(throttling, "SHARE", 10)
        monkeypatch.setattr(KeyThrottle, "tallies", {})
        monkeypatch.setattr(ForgivingRedisCache, "asleep_until", 0.0)
        KeyThrottle.tallies = throttling.defaultdict(Tally)
        cache.clear()

    def test_a_key_may_make_so_many_requests_and_then_is_told_to_wait(self, api):
        answers = [api.get("business/") for _ in range(31)]

        assert [answer.status for answer in answers] == [200] * 30 + [429]
        assert answers[-1].code == "too_many_requests"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60

    def test_processes_count_together(self, api):
        for _ in range(20):
            api.get("business/")
        KeyThrottle.tallies.clear()

        assert [api.get("business/").status for _ in range(12)][-2:] == [200, 429] or api.get(
            "business/"
        ).status == 429

    def test_another_key_is_another_count(self, api, as_role, business):
        for _ in range(31):
            api.get("business/")

        assert as_role("enterprise", business).get("business/").status == 200

    def test_with_the_cache_down_every_request_is_let_through_and_hardly_any_asks(
        self, api, business, monkeypatch
    ):
        asked = []

        def down(*args, **kwargs):
            asked.append(time.monotonic())
            raise RedisDown

        monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get_client", down)
        contact = ContactFactory(business=business)

        begun = time.monotonic()
        for turn in range(40):
            answer = api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"sms": turn % 2 == 0}})
            assert answer.status == 200

        assert 1 <= len(asked) <= (time.monotonic() - begun) / PAUSE + 1


def test_schema_and_docs_are_open_and_offline(db, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    everybody = Api("")

    schema = everybody.get("schema/")
    docs = everybody.get("docs/")

    assert schema.body["openapi"].startswith("3.")
    page = docs.body
    assert docs.status == 200
    assert "http://" not in page
    assert "https://" not in page
    assert "<script>" not in page
    assert "'unsafe-inline'" in docs.headers["Content-Security-Policy"].split("style-src")[1].split(";")[0]
    assert "unsafe" not in docs.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]
