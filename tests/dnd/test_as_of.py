"""What was allowed at a moment that has been, told from the ledger alone."""

import random
from datetime import timedelta

import pytest

from contacts import locks
from contacts.actors import Actor
from contacts.words import CHANNELS_OF
from dnd import as_of, flags
from dnd import services as dnd
from dnd.models import Change
from tests.factories import ENTERPRISE, MANAGER, BusinessFactory, ContactFactory, block
from tests.processes import crowd

CONTACTS = 200
MOMENTS = 1000


@pytest.fixture
def business(db):
    return BusinessFactory(allow_do_not_contact=True)


def shown(panel):
    """A panel as plain values: per direction and channel its reasons, and the switch."""
    reasons = {
        (way, channel): {ground.reason for ground in flag.grounds}
        for way, flags_of in (("outbound", panel.outbound), ("inbound", panel.inbound))
        for channel, flag in flags_of.items()
    }
    return reasons, panel.do_not_contact.enabled, panel.version, panel.state


def replayed(lines, moment):
    """The same, by somebody who has read the design and not the code."""
    reasons = {(way, channel): set() for way in ("outbound", "inbound") for channel in CHANNELS_OF[way]}
    paused, version = False, 0
    for line in sorted(lines, key=lambda line: line["version"]):
        if line["recorded_at"] > moment:
            break
        version = line["version"]
        if line["direction"] == "automations":
            paused = line["enabled"]
        for channel, reason in line["grounds"]:
            if line["enabled"]:
                reasons[line["direction"], channel].add(reason)
            else:
                reasons[line["direction"], channel].discard(reason)
    blocked = sum(bool(reasons["outbound", channel]) for channel in CHANNELS_OF["outbound"])
    state = "off" if not blocked else "on" if blocked == 6 else "partial"
    return reasons, paused, version, state


def change_at_random(business, ids, rng):
    """Blocks and lifts of every kind, by everybody, of some of the contacts at once."""
    some = rng.sample(ids, 40)
    way = rng.choice(["outbound", "inbound"])
    channels = rng.sample(CHANNELS_OF[way], rng.randint(1, len(CHANNELS_OF[way])))
    wanted = dict.fromkeys(channels, rng.random() < 0.6)
    by = rng.choice([ENTERPRISE, MANAGER, Actor("api", "CRM", "enterprise"), Actor("workflow", "Nurture")])
    reason = "workflow" if by.source == "workflow" else "user_request"
    wish = dnd.Wish(**{way: wanted}, reason=reason, note="asked")
    if rng.random() < 0.1:
        wish, by = dnd.Wish(do_not_contact=rng.random() < 0.5), ENTERPRISE
    dnd.change(business=business, contacts=some, wish=wish, by=by)
    if rng.random() < 0.2:
        stop = dnd.Wish(outbound={"sms": rng.random() < 0.6}, reason="stop_keyword")
        dnd.change(business=business, contacts=some[:5], wish=stop, by=Actor.contact())


def test_a_thousand_moments_of_two_hundred_contacts_are_what_a_replay_says(business):
    rng = random.Random(5)
    ids = crowd.contacts(business, CONTACTS)
    for _ in range(60):
        change_at_random(business, ids, rng)
    lines = {pk: list(Change.objects.filter(contact=pk).values()) for pk in ids}
    everything = [line["recorded_at"] for some in lines.values() for line in some]
    first, last = min(everything), max(everything)
    contacts = list(business.contacts.select_related("business"))

    seen = set()
    for _ in range(MOMENTS):
        contact = rng.choice(contacts)
        exactly = rng.random() < 0.3 and [line["recorded_at"] for line in lines[contact.pk]]
        moment = rng.choice(exactly) if exactly else first + (last - first) * rng.uniform(-0.05, 1.05)
        expected = replayed(lines[contact.pk], moment)
        assert shown(as_of.panel(contact, moment)) == expected
        seen.add(expected[3])

    assert seen == {"on", "off", "partial"}
    for contact in contacts:
        now = flags.panel(contact, MANAGER)
        assert shown(as_of.panel(contact, locks.now())) == shown(now)


def test_it_says_who_and_why_as_the_ledger_knew_it_then(business):
    contact = ContactFactory(business=business)
    wish = dnd.Wish(outbound={"email": True}, reason="dnc_list", note="Called us on Monday")
    dnd.change_one(business=business, contact=contact.pk, wish=wish, by=MANAGER)
    block(contact, "email", reason="import", by=Actor("import", "May"))
    between = Change.objects.get(version=1).recorded_at
    lift = dnd.Wish(outbound={"email": False}, note="Signed")
    dnd.change_one(business=business, contact=contact.pk, wish=lift, by=MANAGER)

    (ground,) = as_of.panel(contact, between).outbound["email"].grounds

    assert (ground.reason, ground.source, ground.actor, ground.note, ground.since) == (
        "dnc_list", "user", "Mia Manager", "Called us on Monday", between,
    )  # fmt: skip
    assert not as_of.panel(contact, between).outbound["email"].may_lift
    before = as_of.panel(contact, between - timedelta(microseconds=1))
    assert (before.version, before.state, before.outbound["email"].grounds) == (0, "off", ())
