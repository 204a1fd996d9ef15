"""The promise of all promises: once an opt-out is effective, no call to a provider starts.

Messages and opt-outs meet in real processes, by contact, by address, and for contacts who are just being created.
The same races with the contacts' lock taken out of the door must be seen to break the promise, or they prove nothing.
"""

import json
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from dnd import services as dnd
from dnd.models import Change, Effective
from messaging.models import Message
from tests.processes import crowd, databases
from tests.processes.fleet import fleet

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900), pytest.mark.xdist_group("under fire")]

RACES = int(os.environ.get("HEED_RACES", "2000"))
MUTATED_RACES = min(RACES, 500)
RACERS, SENDERS = 3, 2
SECONDS = 120 + RACES / 8
MODULE = "tests.processes.racing"


@dataclass
class Verdict:
    """What the notes of all processes, held against the ledger, come to.

    `never_effective`: changes of a contact's own, which the settling of the contact's calls has to stamp; a change
    that waits for a call to somebody else with the same number is stamped by the tick.
    """

    late: list[str] = field(default_factory=list)
    never_effective: int = 0
    figures: Counter = field(default_factory=Counter)


@pytest.fixture(scope="module")
def template(django_db_blocker):
    with django_db_blocker.unblock(), databases.migrated() as name:
        yield name


@pytest.fixture
def race(template, tmp_path, django_db_blocker):
    """Run so many races, perhaps without a lock, and judge them while the database is still there."""

    @contextmanager
    def run(races, without=""):
        with (
            databases.made(template) as name,
            django_db_blocker.unblock(),
            databases.used_here(name),
            fleet(tmp_path, name) as copy,
        ):
            crowd.contacts(crowd.business(copy.env), 2 * races, sharing=2)
            run_all(copy, tmp_path, races, without)
            yield judged(tmp_path)

    return run


def run_all(copy, folder, races, without):
    def begin(role, seed):
        first, end = seed * races // RACERS, (seed + 1) * races // RACERS
        env = {"FOLDER": folder, "FIRST": first, "SHARE": end - first, "WITHOUT": without}
        env = {f"HEED_TEST_{name}": str(value) for name, value in env.items()}
        return copy.begin(MODULE, role, SECONDS, seed=seed, **env)

    senders = [begin("send", seed) for seed in range(SENDERS)]
    racers = [begin("race", seed) for seed in range(RACERS)]
    copy.finished(racers, SECONDS)
    (folder / "over").touch()
    copy.finished(senders, 60)


def judged(folder):
    notes = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
    calls = [note for note in notes if "started" in note]
    races = [note for note in notes if "race" in note]
    effective = {pk: at.timestamp() for pk, at in Effective.objects.values_list("change", "at")}
    recorded = dict(Change.objects.values_list("pk", "recorded_at"))
    contact_of = dict(Message.objects.values_list("pk", "contact"))
    of_contact, of_address = coverage(races)
    own = {change for note in races if not note["to"] for change in note["changes"]}
    verdict = Verdict(never_effective=len(own - effective.keys()))
    for call in calls:
        for change in of_contact.get(contact_of[call["message"]], []) + of_address.get(call["to"], []):
            if change in effective and call["started"] > effective[change]:
                verdict.late.append(
                    f"{call} started after change {change} was effective at {effective[change]}"
                )
    verdict.figures.update(f"raced by {note['race']}" for note in races)
    verdict.figures.update(Message.objects.values_list("state", flat=True))
    verdict.figures["met a call in flight"] = sum(
        at > recorded[pk].timestamp() for pk, at in effective.items()
    )
    return verdict


def coverage(races):
    """The changes that cover a message, by its contact and by its address."""
    contacts = dict(Change.objects.values_list("pk", "contact"))
    of_contact, of_address = {}, {}
    for note in races:
        for change in note["changes"]:
            of_contact.setdefault(contacts[change], []).append(change)
            if note["to"]:
                of_address.setdefault(note["to"], []).append(change)
    return of_contact, of_address


def test_no_call_starts_after_an_opt_out_is_effective_and_every_opt_out_becomes_effective(race):
    with race(RACES) as verdict:
        print(dict(verdict.figures))
        assert verdict.late == []
        assert verdict.never_effective == 0
        while dnd.stamp_waiting():
            pass
        assert not Change.objects.filter(effective=None).exists()
        # Races in which nobody met anybody would prove nothing.
        assert (
            min(verdict.figures[f"raced by {kind}"] for kind in ("contact", "address", "created"))
            >= RACES // 3 - RACERS
        )
        assert verdict.figures["met a call in flight"] > RACES / 50
        assert min(verdict.figures["sent"], verdict.figures["dropped"]) > RACES / 20


def test_without_the_contacts_lock_in_claim_calls_start_too_late(race):
    with race(MUTATED_RACES, without="claim") as verdict:
        print({"late": len(verdict.late), **verdict.figures})
        assert verdict.late != []


def test_without_the_contacts_lock_in_settle_some_opt_outs_never_become_effective(race):
    with race(MUTATED_RACES, without="settle") as verdict:
        print({"never effective": verdict.never_effective, **verdict.figures})
        assert verdict.never_effective > 0
