"""A contact's page with a long history beside one with a short: read by indexes, it costs the same."""

import statistics
import time

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from benchmarks import people
from benchmarks.result import Row, less_is_better
from benchmarks.running import Bench
from contacts.models import Business, Membership, User
from dnd import services as dnd
from tests.factories import MANAGER

LONG, SHORT = 5_000, 50
ROUNDS = 60
PLAIN = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MESSAGES = """
INSERT INTO messaging_message (business_id, contact_id, direction, channel, message_class, lane, "to", subject, body,
       source, actor, state, rule, reason, detail, inputs, decided_version, withdrawn, due_at, expires_at, attempts,
       fence, settled_at, provider_id, created_at)
SELECT %(business)s, %(contact)s, CASE n %% 2 WHEN 0 THEN 'outbound' ELSE 'inbound' END, 'sms', 'manual', 'interactive',
       '+14155550100', '', 'Line ' || n, 'user', 'Mia', CASE n %% 2 WHEN 0 THEN 'delivered' ELSE 'received' END, '', '',
       '', '{}', 0, false, now(), now(), 1, 1, now() - n * interval '1 hour', '', now() - n * interval '1 hour'
  FROM generate_series(1, %(count)s) n
"""
EVENTS = """
INSERT INTO contacts_event (business_id, contact_id, kind, at, state, source, actor, summary, data, tags, depth)
SELECT %(business)s, %(contact)s, 'tag_added', now() - n * interval '61 minutes', 'dispatched', 'user', 'Mia',
       'Tag “t' || n || '” added', '{}', '{}', 0 FROM generate_series(1, %(count)s) n
"""
TASKS = """
INSERT INTO contacts_task (business_id, contact_id, title, done_at, created_at, created_by)
SELECT %(business)s, %(contact)s, 'Task ' || n, now(), now() - n * interval '59 minutes', 'Mia'
  FROM generate_series(1, %(count)s) n
"""


def measure(bench: Bench) -> list[Row]:
    owner = people.business("pages")
    long, short, *_ = people.contacts(owner, 5_000)
    for contact, lines in ((long, LONG), (short, SHORT)):
        history(owner, contact, lines)
    people.analyze()
    user = User.objects.create_user("bench@example.org", "unused")
    Membership.objects.create(business=owner, user=user, role="enterprise")
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    with override_settings(STORAGES=PLAIN):
        client = Client(headers={"host": "localhost"})
        client.force_login(user)
        times: dict[int, list[float]] = {long: [], short: []}
        for turn in range(ROUNDS):
            for contact, taken in times.items():
                seconds = opened(client, contact)
                if turn > 5:
                    taken.append(seconds)
    slow, quick = (statistics.median(times[contact]) * 1000 for contact in (long, short))
    reference = f"the page with {SHORT} lines"
    return [less_is_better("contact_page", slow, "ms", reference, quick, round(1 / 1.3, 2))]


def history(owner: Business, contact: int, lines: int) -> None:
    """Half messages, three tenths events, a tenth tasks, a tenth changes of DND with the events that they make."""
    for sql, share in ((MESSAGES, 5), (EVENTS, 3), (TASKS, 1)):
        with connection.cursor() as cursor:
            cursor.execute(sql, {"business": owner.pk, "contact": contact, "count": lines * share // 10})
    for turn in range(lines // 10):
        wish = dnd.Wish(outbound={"sms": turn % 2 == 0})
        dnd.change_one(business=owner, contact=contact, wish=wish, by=MANAGER)


def opened(client: Client, contact: int) -> float:
    begun = time.perf_counter()
    answer = client.get(f"/admin/contacts/contact/{contact}/change/")
    taken = time.perf_counter() - begun
    if answer.status_code != 200 or b"Conversation" not in answer.content:
        raise AssertionError(f"The page answered {answer.status_code}.")
    return taken
