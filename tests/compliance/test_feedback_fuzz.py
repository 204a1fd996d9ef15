"""Thousands of bodies, half of them signed: no fault of ours, and nothing that was not signed has an effect."""

import json
import os
import random

import pytest
from django.test import RequestFactory

from compliance.models import FeedbackEvent
from dnd.models import Change
from messaging.feedback import views, working
from tests.compliance.provider_events import event, pairs
from tests.compliance.providers import ESPS, call, connect
from tests.factories import BusinessFactory, ContactFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("amazon")]
ADA = "ada@example.org"
BODIES = int(os.environ.get("HEED_FUZZ", "2000"))
WORKED = 300
ODD = [
    None, True, 0, -1, 1e308, 10**400, "", "\x00", "\ud800", "é" * 300, "x" * 3000, [], {}, [[]], {"": ""}, [None],
    "a@b", f"<{ADA}>", "2026-13-45T99:99:99Z", {"heed_message": "9" * 40}, {"event": {"event": []}},
]  # fmt: skip


def spoiled(content, chance):
    """The same with a value, or a few, that nobody expects."""
    content = json.loads(json.dumps(content))
    for _ in range(chance.randint(1, 3)):
        place = content
        while isinstance(place, dict) and place:
            key = chance.choice(list(place))
            if isinstance(place[key], dict) and chance.random() < 0.6:
                place = place[key]
                continue
            if chance.random() < 0.3:
                del place[key]
            else:
                place[key] = chance.choice(ODD)
            break
    return content


def torn(body, chance):
    """The same bytes with some lost, changed or added."""
    at = chance.randrange(len(body))
    return chance.choice(
        [body[:at], body[at:], body[:at] + chance.randbytes(3) + body[at + 1 :], chance.randbytes(40)]
    )


def post(request):
    made = RequestFactory().generic(
        "POST",
        f"/hooks/email/{request[0].pk}/x/tracking",
        request[2],
        "application/json",
        headers=request[1].headers,
    )
    return views.tracking(made, str(request[0].pk), request[1].esp).status_code


@pytest.mark.timeout(120 + BODIES // 5)
def test_nothing_that_comes_is_a_fault_of_ours_and_nothing_unsigned_has_an_effect(monkeypatch):
    """HEED_FUZZ sets how many."""
    chance = random.Random(20)
    business = BusinessFactory()
    ContactFactory(business=business, email=ADA)
    connections = {}
    for esp in ESPS:
        connections[esp] = connect(business if esp == ESPS[0] else BusinessFactory(), esp)
    accounts = {
        esp: (connection, connection.config["feedback"]["webhook_key"])
        for esp, connection in connections.items()
    }
    monkeypatch.setattr(views, "_account", lambda connection, esp: accounts[esp])
    known = [(esp, event(esp, kind, ADA)) for esp, kind in pairs()]
    unsigned, signed = set(), set()
    quick = [pair for pair in known if pair[0] != "ses"]
    for n in range(BODIES // 2):
        # Signing as Amazon does takes a hundred times as long as all else, so it is done less often.
        esp, content = chance.choice(known if n % 50 == 0 else quick)
        genuine = call(esp, content if esp == "ses" else spoiled(content, chance))
        signed.add(post((connections[esp], genuine, genuine.body)))
        esp, content = chance.choice(known)
        other = Unsigned(esp, json.dumps([content] if esp == "sendgrid" else content).encode(), chance)
        before = FeedbackEvent.objects.count() if n % 500 == 0 else None
        unsigned.add(post((connections[esp], other, torn(other.body, chance))))
        assert before is None or FeedbackEvent.objects.count() == before
    assert unsigned == {403}
    assert signed == {200}

    FeedbackEvent.objects.filter(state="pending").exclude(
        pk__in=FeedbackEvent.objects.filter(state="pending").order_by("?").values("pk")[:WORKED]
    ).delete()
    working.work_due()
    assert not FeedbackEvent.objects.filter(state="pending").exists()
    assert FeedbackEvent.objects.filter(state="done").exists()
    assert FeedbackEvent.objects.filter(state="unreadable").exists()
    assert all(line.source == "provider" for line in Change.objects.all())


class Unsigned:
    """A body with headers as somebody might make them up."""

    def __init__(self, esp, body, chance):
        self.esp, self.body = esp, body
        made_up = call("postmark" if esp != "postmark" else "brevo", {"x": 1}).headers
        self.headers = chance.choice(
            [{}, made_up, {"svix-signature": "v1,AAAA", "svix-id": "x", "svix-timestamp": "1"}]
        )
