"""What the rows of a file say about DND, and what an import makes of it: it blocks, and never lifts."""

from collections import Counter, defaultdict
from functools import cache

from contacts.actors import Actor
from contacts.importing.merging import Change
from contacts.models import Import
from contacts.services.importing import Plan, Written
from contacts.services.jobs import Refusal
from contacts.words import Source, channels_in, in_words
from dnd import flags
from dnd import services as dnd
from dnd.models import Reason
from dnd.reasons import rules

REASON = Reason.IMPORT.value
REPEATED = (
    "Row {} is about the same contact and is the one that counts: put the two into one row. "
    "What this row blocks is blocked all the same."
)


@cache
def reasons() -> frozenset[str]:
    """The reasons that an import may give: those that the table lets it set."""
    return frozenset(rule.reason for rule in rules().values() if Source.IMPORT.value in rule.set_by)


def foresee(
    source: Import, plan: Plan, fresh: list[tuple[int, int, list[str]]]
) -> tuple[dict[str, int], list[Refusal]]:
    """What the run would do with these rows: counts, and what is to be told of some.

    `fresh`: the row, what it blocks and its addresses, of rows about nobody yet.
    """
    counts: Counter[str] = Counter()
    masks = flags.masks(plan.contacts)
    new = {value for _, _, values in fresh for value in values}
    listed = flags.suppressed(source.business_id, new | _addresses(plan))
    counts["created"] = len(fresh)
    counts["blocked"] = sum(blocks != 0 for _, blocks, _ in fresh)
    counts["suppressed"] = (
        sum(any(value in listed for value in values) for _, _, values in fresh) if listed else 0
    )
    refusals = told(plan, masks)
    for change in plan.changes:
        if change.refusal:
            continue
        now = masks.get(change.kept.contact, 0) if change.kept else 0
        counts["created" if change.kept is None else "updated" if change.changes else "unchanged"] += 1
        counts["blocked"] += bool(change.person.blocks & ~now)
        counts["suppressed"] += any(value in listed for value in _new_addresses(change))
    return dict(counts) | Counter(refusal.code for refusal in refusals), refusals


def grant(source: Import, written: Written, by: Actor) -> tuple[int, list[Refusal]]:
    """Block what the rows block, in the caller's transaction: how many contacts that changed, and what is to be told.

    The addresses that contacts gained are held against the suppressions here too, so that nobody is reachable
    for a moment at an address that must not be used.
    """
    masks = flags.masks(written.plan.contacts)
    refusals = told(written.plan, masks)
    dnd.screen(source.business_id, written.gained)
    groups: dict[int, list[int]] = defaultdict(list)
    for contact, mask in written.blocks.items():
        groups[mask].append(contact)
    blocked = 0
    for mask, contacts in sorted(groups.items()):
        wish = dnd.Wish(
            outbound=dict.fromkeys(channels_in(mask), True),
            reason=REASON,
            evidence_ids=(f"import {source.pk}",),
        )
        outcomes = dnd.change(business=source.business, contacts=contacts, wish=wish, by=by)
        blocked += sum(any(line.kind == "changed" for line in outcome.changes) for outcome in outcomes)
    return blocked, refusals


def told(plan: Plan, masks: dict[int, int]) -> list[Refusal]:
    """A sentence for each row that is refused, or that asks for something to be lifted."""
    found = []
    for change in plan.changes:
        number, contact = change.person.number, change.kept.contact if change.kept else None
        if change.refusal:
            found.append(Refusal("refused", change.refusal, contact, number))
            continue
        sentences = [change.left] if change.left else []
        if lifts := change.person.frees & ~change.person.blocks & masks.get(contact or 0, 0):
            sentences.append(f"{in_words(channels_in(lifts))} stays blocked: an import never lifts DND.")
        if sentences:
            found.append(Refusal("left", " ".join(sentences), contact, number))
    return found


def _new_addresses(change: Change) -> list[str]:
    return [*(number for number, _, _ in change.phones), *([change.email] if change.email else [])]


def _addresses(plan: Plan) -> set[str]:
    return {value for change in plan.changes if not change.refusal for value in _new_addresses(change)}
