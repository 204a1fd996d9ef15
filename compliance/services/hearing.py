"""Hearing what addresses say about being written to, and bringing DND to where that leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Now

from compliance import time_order
from compliance.models import Review, Statement
from compliance.time_order import Plan, Said
from contacts import erased, locks
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import POINT_OF_CHANNEL, Business
from contacts.words import Channel, Source
from dnd import services as dnd
from dnd.models import Suppression
from dnd.reasons import rules
from dnd.services import taking_back

IN_FORCE, OVERTAKEN = Statement.State.IN_FORCE, Statement.State.OVERTAKEN
A_SECOND = timedelta(seconds=1)
"""Providers give their times in whole seconds: what was set within that second was there before."""

ASK_AGAIN = (5, 10, 30, 60, 300, 900)
"""Seconds until a provider that gave no answer is asked again."""


@dataclass(frozen=True, slots=True)
class Effect:
    """That a statement took effect just now; `news` when the address had not been there before."""

    statement: Statement
    news: bool


@transaction.atomic
def hear(
    *,
    business: Business,
    channel: str,
    address: str,
    reason: str | None,
    provider_id: str,
    received_at: datetime,
    said_at: datetime | None = None,
    connection_id: int | None = None,
    cause: Cause = NO_CAUSE,
) -> tuple[Statement | None, list[Effect]]:
    """Take note of an opt-out for `reason`, or of an opt-in (no reason), and do what follows from it.

    An opt-out takes effect at once. An opt-in waits until the provider's time of it is known, and of every opt-out
    before it; `connection_id` says by which connection the time can be asked for, and without one and without
    `said_at` the first receipt counts. What was heard before under the same `provider_id` is None and does nothing.
    `cause`: what stands behind it, where it answers a message of ours.
    """
    locks.lock_addresses(business.pk, [(POINT_OF_CHANNEL[channel], address)], exclusive=True)
    clock = Statement.Clock.PROVIDER if said_at else Statement.Clock.RECEIPT
    new, is_new = Statement.objects.get_or_create(
        business=business,
        provider_id=provider_id,
        defaults={
            "connection": connection_id,
            "channel": channel,
            "address": address,
            "says": Statement.Says.OPT_OUT if reason else Statement.Says.OPT_IN,
            "reason": reason or "",
            "received_at": received_at,
            "said_at": said_at,
            "clock": Statement.Clock.ASKING if connection_id and not said_at else clock,
        },
    )
    return (new, _settle(business, channel, address, cause)) if is_new else (None, [])


@transaction.atomic
def tell_time(statement: int, said_at: datetime | None) -> list[Effect]:
    """The provider's time of a statement; None when the provider knows nothing of it, so that the receipt counts."""
    asked = Statement.objects.select_related("business").get(pk=statement)
    key = (POINT_OF_CHANNEL[asked.channel], asked.address)
    locks.lock_addresses(asked.business_id, [key], exclusive=True)
    waiting = Statement.objects.filter(pk=statement, clock=Statement.Clock.ASKING)
    clock = Statement.Clock.PROVIDER if said_at else Statement.Clock.RECEIPT
    if not waiting.update(clock=clock, said_at=said_at, ask_at=None):
        return []
    return _settle(asked.business, asked.channel, asked.address)


@dataclass(frozen=True, slots=True)
class Unasked:
    """A statement whose time is to be asked for, and by which connection."""

    id: int
    connection: int
    provider_id: str


TAKE = """
UPDATE compliance_statement s
   SET attempts = s.attempts + 1,
       ask_at = clock_timestamp() + (%s::int[])[least(s.attempts, %s - 1) + 1] * interval '1 second'
  FROM (SELECT id FROM compliance_statement WHERE ask_at <= clock_timestamp()
         ORDER BY ask_at LIMIT %s FOR UPDATE SKIP LOCKED) AS due
 WHERE s.id = due.id RETURNING s.id, s.connection, s.provider_id
"""


def take_unasked(limit: int) -> list[Unasked]:
    """Statements to ask for now. Whoever takes them asks; without an answer they are due again later."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [list(ASK_AGAIN), len(ASK_AGAIN), limit])
        return [Unasked(*row) for row in cursor.fetchall()]


def unasked_are_due() -> bool:
    return Statement.objects.filter(ask_at__lte=Now()).exists()


def reject(statement: Statement, *, by: Actor, note: str) -> bool:
    """Take back a free text that was no opt-out, unless another like it stands; whether it was taken back.

    The caller holds the address.
    """
    still = Statement.objects.of(statement.business_id, statement.channel, statement.address)
    still = still.filter(reason=statement.reason, state=IN_FORCE).exclude(pk=statement.pk)
    was_in_force = statement.state == IN_FORCE
    statement.state = Statement.State.REJECTED
    statement.save(update_fields=["state"])
    if not was_in_force or still.exists():
        return False
    taking_back.take_back(
        business=statement.business,
        channel=statement.channel,
        address=statement.address,
        reason=statement.reason,
        by=by,
        note=note,
        evidence_ids=[statement.provider_id],
        reviewed=True,
    )
    return True


def _settle(business: Business, channel: str, address: str, cause: Cause = NO_CAUSE) -> list[Effect]:
    """Bring the address to where its statements leave it. The caller holds the address."""
    statements = {
        statement.pk: statement
        for statement in Statement.objects.of(business.pk, channel, address).exclude(
            state=Statement.State.REJECTED
        )
    }
    plan = time_order.plan([_said(statement) for statement in statements.values()])
    effects = [_block(business, statements[said.id], cause) for said in plan.block]
    for reason in plan.take_back:
        taking_back.take_back(
            business=business, channel=channel, address=address, reason=reason, by=_by_contact(channel)
        )
    if plan.lift:
        effects.append(_lift(business, statements[plan.lift.id], plan.lift.moment))
    _write_states(plan)
    return effects


def _said(statement: Statement) -> Said:
    return Said(
        statement.pk,
        statement.says == Statement.Says.OPT_IN,
        statement.moment,
        statement.reason,
        statement.state,
    )


def _block(business: Business, statement: Statement, cause: Cause) -> Effect:
    """News unless the address has opted out before, in whatever words: an opt-out is confirmed once."""
    said = [name for name, rule in rules().items() if Source.CONTACT in rule.set_by]
    standing = Suppression.objects.in_force().filter(
        business=business,
        channel=statement.channel,
        address__in=erased.forms(business.pk, statement.address),
        reason__in=[statement.reason, *said],
    )
    news = not standing.exists()
    dnd.change_address(
        business=business,
        channel=statement.channel,
        address=statement.address,
        block=True,
        reason=statement.reason,
        by=_speaker(statement),
        evidence_ids=[statement.provider_id],
        cause=cause,
    )
    return Effect(statement, news)


def _speaker(statement: Statement) -> Actor:
    if Source.CONTACT in rules()[statement.reason].set_by:
        return _by_contact(statement.channel)
    return Actor.provider("carrier")


def _by_contact(channel: str) -> Actor:
    return Actor.contact(f"by {Channel(channel).label}")


def _lift(business: Business, statement: Statement, moment: datetime | None) -> Effect:
    earlier = Statement.objects.of(business.pk, statement.channel, statement.address)
    first = not earlier.filter(says=Statement.Says.OPT_IN, state=IN_FORCE).exists()
    by_provider = statement.clock == Statement.Clock.PROVIDER
    outcomes = dnd.change_address(
        business=business,
        channel=statement.channel,
        address=statement.address,
        block=False,
        reason="stop_keyword",
        by=_by_contact(statement.channel),
        evidence_ids=[statement.provider_id],
        as_of=moment + A_SECOND if moment and by_provider else moment,
    )
    Review.objects.filter(
        business=business,
        channel=statement.channel,
        address__in=erased.forms(business.pk, statement.address),
        state=Review.State.OPEN,
    ).update(state=Review.State.OVERTAKEN, decided_at=locks.now())
    return Effect(statement, news=first or any(outcome.changes for outcome in outcomes))


def _write_states(plan: Plan) -> None:
    in_force = [said.id for said in plan.block] + ([plan.lift.id] if plan.lift else [])
    _write_state(in_force, IN_FORCE)
    gone = [said.id for said in plan.overtaken]
    _write_state(gone, OVERTAKEN)
    if gone:
        Review.objects.filter(statement__in=gone, state=Review.State.OPEN).update(
            state=Review.State.OVERTAKEN, decided_at=locks.now()
        )
    to_ask = Statement.objects.filter(pk__in=[said.id for said in plan.ask], ask_at=None)
    to_ask.update(ask_at=locks.now())


def _write_state(ids: Sequence[int], state: str) -> None:
    if ids:
        Statement.objects.filter(pk__in=ids).update(state=state, settled_at=locks.now())
