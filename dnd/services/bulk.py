"""Changing DND for many contacts at once, as a job: over a filter or a list, each contact once."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, Max, Q, QuerySet

from contacts.actors import Actor
from contacts.models import Business, Contact, Job, Status
from contacts.services import jobs
from contacts.services import merging as merged
from contacts.services.errors import Invalid
from contacts.words import Role, in_words
from dnd import audience, policy
from dnd.audience import Wanted
from dnd.policy import Wish
from dnd.services.changing import BATCH, Outcome, change
from dnd.services.errors import Refused

KIND = "bulk_dnd"
MOST_NAMED = 10_000


@dataclass(frozen=True, slots=True)
class Whom:
    """Contacts by a filter, or by their ids. Without `dead_too` a filter passes over those in dead statuses."""

    wanted: Wanted | None = None
    ids: Sequence[int] = ()
    dead_too: bool = True

    def found(self, business: Business) -> QuerySet[Contact]:
        contacts: QuerySet[Contact] = Contact.objects.of(business)
        if self.wanted is None:
            return contacts.filter(pk__in=self.ids)
        if not self.dead_too:
            dead = list(Status.objects.of(business).dead().values_list("pk", flat=True))
            contacts = contacts.filter(Q(status=None) | ~Q(status__in=dead))
        return audience.narrowed(contacts, business, self.wanted)


def change_in_bulk(*, business: Business, whom: Whom, wish: Wish, by: Actor) -> Job:
    """Start a job that brings the DND of all these contacts to what `wish` asks for.

    For managers and above. Freeing needs a note, and frees only what users, workflows and imports have set; whoever
    is blocked for another reason stays as they are, and the job says why. Contacts that come to match later are not
    among them. Raises Invalid when nothing is asked for, and Refused when the note is missing.
    """
    if not any(wish.of(direction) for direction in policy.WAYS):
        raise Invalid({"": "Name at least one channel to block or to allow."})
    _need_note(wish)
    counted = whom.found(business).aggregate(last=Max("pk"), total=Count("pk"))
    total = counted["total"]
    return jobs.create(
        business=business,
        kind=KIND,
        title=f"{in_plain_words(wish)} for {contacts_in_words(total)}",
        params=_params(whom, wish, counted["last"] or 0),
        by=by,
        total=total,
    )


def _need_note(wish: Wish) -> None:
    frees = [(direction, channel) for direction in policy.WAYS for channel in wish.frees(direction)]
    if frees and not wish.note.strip():
        why = "Lifting for many contacts needs a note: how you know that they agree."
        raise Refused([policy.Refusal("note_required", way, channel, why) for way, channel in frees])


def contacts_in_words(number: int) -> str:
    return f"{number:,} contact{'' if number == 1 else 's'}"


def in_plain_words(wish: Wish) -> str:
    """`Block SMS and Email, allow Call; block inbound SMS`."""
    parts = []
    for direction in policy.WAYS:
        aside = "inbound " if direction == "inbound" else ""
        for verb, channels in (("block", wish.blocks(direction)), ("allow", wish.frees(direction))):
            if channels:
                parts.append(f"{verb} {aside}{in_words(channels)}")
    words = ", ".join(parts)
    return words[:1].upper() + words[1:]


def _params(whom: Whom, wish: Wish, last: int) -> dict[str, Any]:
    return {
        "filter": whom.wanted,
        "contacts": sorted(set(whom.ids)),
        "dead_too": whom.dead_too,
        "last": last,
        "outbound": dict(wish.outbound),
        "inbound": dict(wish.inbound),
        "note": wish.note,
    }


class Runner:
    """Goes through the contacts in the order of their ids, so that what a change does to the filter is no matter."""

    least_role = Role.MANAGER.value

    def total(self, job: Job) -> int:
        return self._all(job).count()

    def batch(self, job: Job) -> jobs.Progress:
        ids = self._next(job, job.cursor.get("after", 0))
        outcomes = change(business=job.business, contacts=ids, wish=_wish(job), by=jobs.actor_of(job))
        refusals = [_refusal(outcome) for outcome in outcomes if outcome.refusals]
        refusals += _gone(ids, outcomes)
        changed = sum(bool(outcome.changes) for outcome in outcomes)
        return jobs.Progress(
            cursor={"after": ids[-1]} if len(ids) == BATCH else None,
            done=len(ids),
            changed=changed,
            unchanged=len(ids) - changed - len(refusals),
            refusals=refusals,
        )

    def _all(self, job: Job) -> QuerySet[Contact]:
        params = job.params
        whom = Whom(cast("Wanted | None", params["filter"]), params["contacts"], params["dead_too"])
        return whom.found(job.business).filter(pk__lte=params["last"])

    def _next(self, job: Job, after: int) -> list[int]:
        if job.params["filter"] is not None:
            rest = self._all(job).filter(pk__gt=after).order_by("pk")
            return list(rest.values_list("pk", flat=True)[:BATCH])
        ids = cast("list[int]", job.params["contacts"])
        start = bisect_right(ids, after)
        return ids[start : start + BATCH]


def _wish(job: Job) -> Wish:
    params = job.params
    return Wish(
        outbound=params["outbound"],
        inbound=params["inbound"],
        note=params["note"],
        evidence_ids=(f"job:{job.pk}",),
        in_bulk=True,
    )


def _refusal(outcome: Outcome) -> jobs.Refusal:
    """One line for each contact: the code that weighs most, and each channel with why."""
    first = min(outcome.refusals, key=lambda refusal: policy.SEVERITY.index(refusal.code))
    whys: dict[str, list[str]] = {}
    for refusal in outcome.refusals:
        whys.setdefault(refusal.why, []).append(refusal.channel)
    detail = " ".join(f"{in_words(channels)}: {why}" for why, channels in whys.items())
    return jobs.Refusal(first.code, detail, contact=outcome.contact_id)


def _gone(ids: Sequence[int], outcomes: Sequence[Outcome]) -> list[jobs.Refusal]:
    """Those of whom there is no outcome, of their own or of the contact that they have become part of."""
    there = {outcome.contact_id for outcome in outcomes}
    missing = [pk for pk in ids if pk not in there]
    survivors = merged.survivors(missing) if missing else {}
    why = "This contact was deleted meanwhile."
    return [jobs.Refusal("not_found", why, contact=pk) for pk in missing if survivors.get(pk) not in there]
