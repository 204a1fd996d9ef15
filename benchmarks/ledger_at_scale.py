"""The ledger's page and a contact as of a moment, at a million lines beside the same at a hundred thousand."""

import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from benchmarks import people
from benchmarks.result import Row, less_is_better
from benchmarks.running import Bench
from contacts.models import Business, User
from contacts.services import keys, staff
from dnd.models import Change
from tests.factories import ENTERPRISE

PLAIN = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SMALL = 100_000
LARGE = int(os.environ.get("HEED_BENCH_LINES", "1000000"))
EACH = 10
"""Lines of a contact."""
TIMES = 20
LINES = """
INSERT INTO dnd_change (business_id, contact_id, version, kind, direction, enabled, scope, channels, grounds, source,
                        actor, reason, evidence, text_digest, recorded_at, previous_hash, hash)
SELECT %(business)s, c.id, v, 'changed', 'outbound', v %% 2 = 1, 'specific',
       ARRAY[channel], jsonb_build_array(jsonb_build_array(channel, 'user_request')),
       CASE WHEN c.id %% 50 = 0 THEN 'api' ELSE 'user' END, 'Person ' || c.id %% 40,
       CASE WHEN c.id %% 1000 = 0 THEN 'import' ELSE 'user_request' END, '{}', '',
       now() - make_interval(secs => (%(last)s - c.id) * 30 + (%(each)s - v) * 86400), '', md5(c.id::text || v)
  FROM (SELECT id, (ARRAY['call', 'sms', 'email', 'whatsapp', 'facebook', 'gmb'])[1 + id %% 6] AS channel
          FROM unnest(%(ids)s::bigint[]) AS given (id)) c, generate_series(1, %(each)s) AS v
"""


def measure(bench: Bench) -> list[Row]:
    owner = people.business("ledger")
    with override_settings(STORAGES=PLAIN):
        client, token = _signed_in(owner), keys.issue(business=owner, role="staff", name="bench")[1]
        _write(owner, SMALL // EACH)
        small = _seconds(owner, client, token)
        for _ in range(0, LARGE - SMALL, SMALL):
            _write(owner, SMALL // EACH)
        large = _seconds(owner, client, token)
    beside = f"the same at {SMALL:,} lines"
    floor = round(1 / 1.5, 3)
    return [less_is_better("ledger_at_scale", large * 1000, "ms", beside, small * 1000, floor)]


def _signed_in(owner: Business) -> Client:
    user = User.objects.create_user("auditor@example.org")
    staff.add(business=owner, by=ENTERPRISE, email=user.email, name="An auditor", role="enterprise")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client


def _write(owner: Business, number: int) -> None:
    """So many more contacts, newer than those before, each with its lines."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (business_id, first_name, last_name, timezone, created_at)"
            " SELECT %s, 'Ada', 'Byron', '', now() FROM generate_series(1, %s) RETURNING id",
            [owner.pk, number],
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(LINES, {"business": owner.pk, "ids": ids, "last": ids[-1], "each": EACH})
        cursor.execute("VACUUM ANALYZE dnd_change")


def _seconds(owner: Business, client: Client, token: str) -> float:
    """What one of each takes: the newest page, one far back, each kind of filter, and a contact as of a moment."""
    rng = random.Random(1)
    ids = list(owner.contacts.order_by("?").values_list("pk", flat=True)[:TIMES])
    moments = list(Change.objects.filter(contact__in=ids).values_list("recorded_at", flat=True))
    deep = Change.objects.filter(business=owner).order_by("recorded_at")[SMALL // 2]
    micros = int(deep.recorded_at.timestamp() * 1_000_000)
    api = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {token}"})

    def as_of(pk: int) -> str:
        moment = rng.choice(moments) + timedelta(seconds=1)
        return f"/api/v1/contacts/{pk}/dnd/?at={moment:%Y-%m-%dT%H:%M:%SZ}"

    pages = (
        "", f"before={micros}-{deep.pk}", "channel=gmb", "source=api", "reason=import", "actor=Person+7",
        "source=user&channel=sms&direction=outbound",
    )  # fmt: skip
    kinds: list[tuple[Client, Callable[[int], str]]] = [
        (client, lambda _, query=query: f"/admin/ledger/?{query}")  # type: ignore[misc]
        for query in pages
    ]
    kinds += [(client, lambda pk: f"/admin/ledger/?contact={pk}"), (api, as_of)]
    return sum(_median(who, [address(pk) for pk in ids]) for who, address in kinds)


def _median(client: Client, addresses: Sequence[str]) -> float:
    took = []
    for address in addresses:
        begun = time.monotonic()
        answer = client.get(address)
        took.append(time.monotonic() - begun)
        if answer.status_code != 200:
            raise AssertionError(f"{address} answered {answer.status_code}")
    return statistics.median(took)
