"""Every field of every body with every kind of wrong value, and noise: never a 500, and nothing is written."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.samples import BUSINESS, CONTACT, DND, FILTERS, OPERATIONS, SMTP, STEPS, WORKFLOW, bodies

pytestmark = pytest.mark.usefixtures("quiet")


def test_the_bodies_below_fit(there):
    for (method, path), body in bodies(there.ids).items():
        answer = there.attempt(method, path, body)
        fits = answer.status in (200, 201, 202, 204) or answer.code in (
            "no_connection",
            "preferences_not_synced",
        )
        assert fits, (path, answer.body)


WRONG: list[Any] = [
    None, True, 0, -1, 1.5, 10**17, "", " ", "nonsense", "a" * 25_000, "\n", "🙂", "\u202e", "999999",
    [], [[]], [None], ["nonsense"], {}, {"a": {"b": []}}, {"sms": True}, [{}],
]  # fmt: skip


STRIDE = 5
"""Each place gets every fifth wrong value, and the next place the ones beside them."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a body."""
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield from places(below, (*path, key))


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def related(field: str, path: tuple[Any, ...]) -> bool:
    """Whether the field is what was changed, something in it, or what it stands in."""
    dotted = ".".join(map(str, path))
    return field == dotted or field.startswith(f"{dotted}.") or dotted.startswith(f"{field}.")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_field_with_every_kind_of_wrong_value(there, method, path):
    body = bodies(there.ids)[method, path]
    for turn, place in enumerate(places(body)):
        for value in (WRONG[(turn + step) % len(WRONG)] for step in range(0, len(WRONG), STRIDE)):
            answer = there.attempt(method, path, put(body, place, value))

            assert answer.status < 500
            if answer.status == 400:
                assert any(related(field, place) for field in answer.fields), (place, value, answer.body)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_object_with_a_field_that_it_has_not(there, method, path):
    body = bodies(there.ids)[method, path]
    objects = [()] + [p for p in places(body) if isinstance(_at(body, p), dict)]
    for place in objects:
        answer = there.attempt(method, path, put(body, (*place, "surprise"), 1))

        assert (answer.status, answer.fields) == (400, [".".join(map(str, (*place, "surprise")))])


def _at(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


FIELDS = sorted({"contact", "items"}.union(CONTACT, DND, WORKFLOW, *STEPS, FILTERS, BUSINESS, SMTP))
FILTERED = ("search", "tag", "status", "dnd_state", "dnd_channel", "cursor", "page_size")
names = st.sampled_from(FIELDS) | st.text(max_size=8)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(FIELDS)
)
values = st.recursive(
    leaves,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(names, inside, max_size=4),
    max_leaves=12,
)
texts = st.text(max_size=30) | st.integers().map(str)
noise = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
much_noise = settings(noise, max_examples=100)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@noise
@given(body=st.dictionaries(names, values, max_size=5))
def test_noise(there, method, path, body):
    assert there.attempt(method, path, body).status < 500


@much_noise
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps([text])[1:].encode()))
def test_noise_that_is_no_json(api, body):
    assert api.send("POST", "contacts/", body).status < 500


@much_noise
@given(query=st.dictionaries(st.sampled_from(FILTERED) | st.text(max_size=5), texts, max_size=3))
def test_noise_in_a_query(api, query):
    answer = api.client.get("/api/v1/contacts/", query, headers=api.headers)

    assert answer.status_code in (200, 400)
