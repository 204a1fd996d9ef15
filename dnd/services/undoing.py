"""Taking back a slip of the hand: what a person has just changed, as long as nothing has changed since."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile

from django.db import transaction

from contacts import locks
from contacts.actors import NO_CAUSE, Actor
from contacts.models import Business
from contacts.services.errors import Conflict
from contacts.words import Direction, Source
from dnd import ledger, policy
from dnd.models import Change, ChangeText
from dnd.policy import Held, Line, Position, Wish
from dnd.reasons import rules
from dnd.services import merging, reading, writing
from dnd.services.changing import Outcome
from dnd.services.errors import NoSuchContact
from dnd.services.reading import Snapshot
from dnd.services.writing import Batch, Draft

WITHIN = timedelta(seconds=10)
"""For so long it is offered …"""
ON_ITS_WAY = timedelta(seconds=5)
"""… and the answer of somebody who took it up may take so long."""
MOST_LINES = 40
UNDO = "undo:"


def offered(contact: int, by: Actor) -> int | None:
    """The version that this person may go back from: they made it just now, and it was no undoing itself."""
    lines = _last(contact)
    if not lines or why_not(lines, by, within=WITHIN, at=locks.now()):
        return None
    return lines[0].version


def _last(contact: int) -> list[Change]:
    """The newest lines of the contact that were written as one change, newest first."""
    newest = list(Change.objects.filter(contact=contact).order_by("-version")[:MOST_LINES])
    return list(takewhile(lambda line: line.recorded_at == newest[0].recorded_at, newest))


def why_not(lines: Sequence[Change], by: Actor, *, within: timedelta, at: object) -> str:
    """Why these lines cannot be taken back by this person now; empty when they can."""
    evidence = [word for line in lines for word in line.evidence]
    if any(word.startswith(merging.FROM) for word in evidence):
        return "This came with the merge of two contacts, which cannot be undone."
    if by.source != Source.USER or any((one.source, one.actor) != (Source.USER, by.label) for one in lines):
        return "Only what you have changed yourself can be undone."
    if any(word.startswith(UNDO) for word in evidence):
        return "This was undone already: flip the switch again instead."
    if any(rules()[reason].address_bound for one in lines for _, reason in one.grounds):
        return "This also changed the suppression list, and cannot be undone with one press."
    if lines[0].recorded_at + within < at:  # type: ignore[operator]
        return "It is too late to undo this: flip the switch again instead."
    return ""


@transaction.atomic
def undo(*, business: Business, contact: int, version: int, by: Actor) -> Outcome:
    """Go back from `version` to what stood before it, in new lines; the reasons and ends that stood come back.

    Raises NoSuchContact, or Conflict when something has changed since, when it is too late, or by another's hand.
    """
    if not locks.lock_contacts(business.pk, [contact]):
        raise NoSuchContact(NoSuchContact.__doc__)
    snapshot = reading.read([contact])
    if snapshot.standpoints[contact].version != version:
        raise Conflict("changed_since", "Something else has changed since: look at what stands now.")
    lines = _last(contact)
    if not lines or (refused := why_not(lines, by, within=WITHIN + ON_ITS_WAY, at=snapshot.at)):
        raise Conflict("cannot_undo", refused if lines else "There is nothing to undo.")
    written = _write_back(business.pk, snapshot, contact, lines, by)
    return Outcome(contact, written[-1].version, written)


def _write_back(
    business: int, snapshot: Snapshot, contact: int, lines: Sequence[Change], by: Actor
) -> list[Change]:
    """The lines the other way round, the last one first, each going on from the one before."""
    standpoint, written = snapshot.standpoints[contact], list[Change]()
    before = _stood(contact, lines[-1].version)
    for line in lines:
        for back, wish in _reverse(line, standpoint.position, before):
            batch = Batch(business, snapshot.at, by, NO_CAUSE)
            batch.drafts.append(Draft(standpoint, back, wish))
            for changes in writing.write(batch).values():
                standpoint.version, standpoint.last_hash = changes[-1].version, changes[-1].hash
                written += changes
    return written


def _stood(contact: int, version: int) -> Position:
    """What stood before this version."""
    earlier = Change.objects.filter(contact=contact, version__lt=version).order_by("version")
    return ledger.fold(earlier)


def _reverse(line: Change, position: Position, before: Position) -> list[tuple[list[Line], Wish]]:
    """What takes one line back, with the wish in whose name it is written: one for each reason and end."""
    evidence = (f"{UNDO}{line.pk}",)
    if line.direction == Direction.AUTOMATIONS:
        position.do_not_contact = not line.enabled
        back = Line("changed", line.direction, not line.enabled, "all", (), ())
        return [([back], Wish(reason=line.reason, evidence_ids=evidence))]
    pairs = [(channel, reason) for channel, reason in line.grounds]
    if line.enabled:
        wish = Wish(reason=line.reason, evidence_ids=evidence)
        return [(policy.lift(position, line.direction, pairs), wish)]
    stood = [before.grounds[line.direction, channel, reason] for channel, reason in pairs]
    return [_block_again(line.direction, held, position, evidence) for held in _alike(stood)]


def _alike(stood: Sequence[Held]) -> list[list[Held]]:
    groups: dict[tuple[str, object, int | None], list[Held]] = {}
    for held in stood:
        groups.setdefault((held.reason, held.ends_at, held.opened_by), []).append(held)
    return list(groups.values())


def _block_again(
    direction: str, held: Sequence[Held], position: Position, evidence: tuple[str, ...]
) -> tuple[list[Line], Wish]:
    note = ChangeText.objects.filter(change=held[0].opened_by).values_list("note", flat=True).first() or ""
    wish = Wish(reason=held[0].reason, ends_at=held[0].ends_at, note=note, evidence_ids=evidence)
    return policy.block(position, direction, [each.channel for each in held], wish), wish
