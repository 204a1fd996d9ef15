"""The DND of two contacts that are one person: every ground of the one stands for the other, in its own words."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from contacts.actors import NO_CAUSE, Actor
from contacts.keeping import Merging
from contacts.words import OUTBOUND_CHANNELS, Direction
from dnd import policy
from dnd.models import Change, ChangeText, DncEntry, Unstamped
from dnd.policy import Held, Line, Position, Wish
from dnd.services import reading, writing
from dnd.services.reading import Standpoint
from dnd.services.writing import Batch, Draft

FROM = "merged_from:"
"""Evidence of a line that repeats one of another contact: the id of that contact."""


@dataclass(frozen=True, slots=True)
class Said:
    """The words of the line by which a ground came."""

    source: str
    actor: str
    note: str
    evidence: str


def merge(merging: Merging) -> None:
    """Write on the winner's ledger what stands for the loser and not yet, or not as long, for the winner.

    A line keeps the reason, the source and the words of the one that it repeats, and says that it was merged. Nothing
    is lifted. The loser's own ledger, grounds and standing stay as they are, under its own id.
    """
    snapshot = reading.read([merging.winner, merging.loser])
    mine, theirs = snapshot.standpoints[merging.winner], snapshot.standpoints[merging.loser]
    said = _said(theirs)
    for opened_by, held in _by_line(theirs.position):
        words = said[opened_by]
        evidence = (f"{FROM}{merging.loser}", f"change:{opened_by}")
        wish = Wish(
            reason=held[0].reason,
            note=words.note,
            evidence=words.evidence,
            evidence_ids=evidence,
            ends_at=held[0].ends_at,
        )
        lines = policy.block(mine.position, held[0].direction, [each.channel for each in held], wish)
        _write(
            Batch(merging.business.pk, snapshot.at, Actor(words.source, words.actor), NO_CAUSE),
            mine,
            lines,
            wish,
        )
    _pause(merging, snapshot.at, mine, theirs)
    # What waits to be in force waits for the calls of the one who is left.
    Unstamped.objects.filter(contact=merging.loser).update(contact=merging.winner)
    DncEntry.objects.filter(contact=merging.loser).update(contact=merging.winner)


def _by_line(position: Position) -> list[tuple[int, list[Held]]]:
    """The grounds by the ledger line that brought them, oldest first: they share all but the channel and the end."""
    groups: dict[tuple[int, object], list[Held]] = defaultdict(list)
    for held in sorted(position.grounds.values(), key=lambda each: OUTBOUND_CHANNELS.index(each.channel)):
        groups[held.opened_by or 0, held.ends_at].append(held)
    return sorted(((pk, held) for (pk, _), held in groups.items()), key=lambda group: group[0])


def _said(theirs: Standpoint) -> dict[int, Said]:
    """The words of each line by which a ground of the loser came."""
    ids = [held.opened_by for held in theirs.position.grounds.values() if held.opened_by]
    texts = {text.change_id: text for text in ChangeText.objects.filter(change__in=ids)}
    found = {}
    for line in Change.objects.filter(pk__in=ids):
        text = texts.get(line.pk)
        found[line.pk] = Said(
            line.source, line.actor, text.note if text else "", text.evidence if text else ""
        )
    return found


def _pause(merging: Merging, at: object, mine: Standpoint, theirs: Standpoint) -> None:
    """Do Not Contact of either is Do Not Contact of both."""
    if mine.position.do_not_contact or not theirs.position.do_not_contact:
        return
    mine.position.do_not_contact = True
    line = Change.objects.filter(contact=merging.loser, direction=Direction.AUTOMATIONS).latest("version")
    wish = Wish(
        do_not_contact=True,
        reason=line.reason,
        evidence_ids=(f"{FROM}{merging.loser}", f"change:{line.pk}"),
    )
    batch = Batch(merging.business.pk, merging.at, Actor(line.source, line.actor), NO_CAUSE)
    _write(batch, mine, [Line("changed", Direction.AUTOMATIONS.value, True, "all", (), ())], wish)


def _write(batch: Batch, mine: Standpoint, lines: Sequence[Line], wish: Wish) -> None:
    """One draft after the other: each goes on from the line before."""
    batch.drafts.append(Draft(mine, list(lines), wish))
    for changes in writing.write(batch).values():
        mine.version, mine.last_hash = changes[-1].version, changes[-1].hash


def foresee(winner: int, loser: int) -> tuple[Position, Position, Position]:
    """Where both stand now, and where the winner would stand afterwards. Nothing is locked and nothing written."""
    snapshot = reading.read([winner, loser])
    mine, theirs = snapshot.standpoints[winner].position, snapshot.standpoints[loser].position
    after = mine.copy()
    after.do_not_contact = mine.do_not_contact or theirs.do_not_contact
    for _, held in _by_line(theirs):
        wish = Wish(reason=held[0].reason, ends_at=held[0].ends_at)
        policy.block(after, held[0].direction, [each.channel for each in held], wish)
    return mine, theirs, after
