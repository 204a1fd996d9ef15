"""The review queue: texts that were taken for an opt-out, and what a manager makes of them."""

from django.db import transaction

from compliance.free_text import Finding
from compliance.models import Review, Statement
from compliance.services import hearing
from contacts import locks
from contacts.actors import Actor
from contacts.models import POINT_OF_CHANNEL, Business
from contacts.services.errors import Conflict, RoleRequired
from contacts.words import Role, role_reaches

LONGEST_NOTE = 2000


def open_review(statement: Statement, body: str, finding: Finding) -> Review:
    """Ask a person to look at a text whose channel has just been blocked; there is nothing to ask if it is not."""
    statement.refresh_from_db(fields=["state"])
    stands = statement.state == Statement.State.IN_FORCE
    return Review.objects.create(
        business=statement.business,
        statement=statement,
        channel=statement.channel,
        address=statement.address,
        body=body,
        rule=finding.rule,
        words=finding.words[:200],
        received_at=statement.received_at,
        state=Review.State.OPEN if stands else Review.State.OVERTAKEN,
        decided_at=None if stands else locks.now(),
    )


def confirm(*, business: Business, review: int, by: Actor, note: str = "") -> Review:
    """It was an opt-out: the block stays until the contact lifts it."""
    return _decide(business, review, Review.State.CONFIRMED, by, note)


@transaction.atomic
def reject(*, business: Business, review: int, by: Actor, note: str = "") -> Review:
    """It was no opt-out: the block is lifted, unless something else stands, and the ledger says by whom."""
    decided = _decide(business, review, Review.State.REJECTED, by, note)
    note = note.strip() or f"Review {decided.pk}: not an opt-out."
    hearing.reject(decided.statement, by=by, note=note)
    return decided


@transaction.atomic
def _decide(business: Business, review: int, state: Review.State, by: Actor, note: str) -> Review:
    if not role_reaches(by.role, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)
    found = Review.objects.get(pk=review, business=business)
    key = (POINT_OF_CHANNEL[found.channel], found.address)
    locks.lock_addresses(business.pk, [key], exclusive=True)
    found = Review.objects.select_related("statement__business").get(pk=review)
    if found.state != Review.State.OPEN:
        raise Conflict("already_decided", f"This has been decided already: {found.get_state_display()}.")
    found.state, found.decided_by, found.decided_at = state, by.label, locks.now()
    found.note = note.strip()[:LONGEST_NOTE]
    found.save(update_fields=["state", "decided_by", "decided_at", "note"])
    return found
