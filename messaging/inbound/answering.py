"""The one answer to a keyword: after an opt-out, an opt-in or a request for help, within five minutes or never."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from compliance import keywords, replies
from compliance.models import InboundEvent, Permit, Statement
from compliance.services import permits, profiles
from compliance.services.hearing import Effect
from contacts import locks
from contacts.models import POINT_OF_CHANNEL, Business
from contacts.words import Source
from dnd.reasons import rules
from dnd.services import addresses
from messaging import facts, policy
from messaging.facts import Reading
from messaging.inbound.reading import Incoming
from messaging.policy import Facts
from messaging.services import proposing
from messaging.services.proposing import Draft, Proposal

ACTOR = "Confirmation"


@dataclass(frozen=True, slots=True)
class _Asked:
    """An inbound message that is to be answered. `began`: when the five minutes began."""

    business: Business
    channel: str
    address: str
    provider_id: str
    began: datetime
    confirms: str


def confirm(effects: Iterable[Effect]) -> None:
    """Answer what took effect just now and was news, unless a carrier said it. The caller holds the address."""
    for effect in effects:
        statement = effect.statement
        opts_in = statement.says == Statement.Says.OPT_IN
        if effect.news and (opts_in or Source.CONTACT in rules()[statement.reason].set_by):
            _answer(
                _Asked(
                    business=statement.business,
                    channel=statement.channel,
                    address=statement.address,
                    provider_id=statement.provider_id.partition(":")[0],
                    began=statement.received_at,
                    confirms=Permit.Confirms.OPT_IN if opts_in else Permit.Confirms.OPT_OUT,
                )
            )


def help_with(event: InboundEvent, incoming: Incoming) -> None:
    """Say who is writing and how to be rid of it. The caller holds the address."""
    _answer(
        _Asked(
            business=event.business,
            channel=incoming.channel,
            address=incoming.address,
            provider_id=event.provider_id,
            began=event.began_at,
            confirms=Permit.Confirms.HELP,
        )
    )


def _answer(asked: _Asked) -> None:
    expires_at = policy.expires_at("system", asked.began)
    if locks.now() >= expires_at or permits.is_answered(asked.business.pk, asked.provider_id):
        return
    key = (POINT_OF_CHANNEL[asked.channel], asked.address)
    holders = locks.lock_contacts(asked.business.pk, addresses.holders_of(asked.business.pk, [key]))
    if not holders:
        return
    reading = facts.read(holders)
    for contact in holders:
        known = reading.facts(
            contact, asked.channel, "system", expires_at=expires_at, keep=asked.address, permit=asked.address
        )
        if known.permit:
            message = _write(asked, contact, known, reading)
            permits.issue(
                business=asked.business.pk,
                channel=asked.channel,
                address=asked.address,
                confirms=asked.confirms,
                provider_id=asked.provider_id,
                expires_at=expires_at,
                message=message,
            )
            return


def _write(asked: _Asked, contact: int, known: Facts, reading: Reading) -> int:
    """A message of one of the contacts with the address: an address has one phone in the end."""
    proposal = Proposal(
        contact, asked.channel, "system", "", _words(asked), ACTOR, source=Source.CONTACT.value
    )
    drafted = Draft(proposal, known, policy.decide(known), reading.version(contact))
    (message,) = proposing.write(asked.business.pk, [drafted])
    return message


def _words(asked: _Asked) -> str:
    profile = profiles.of(asked.business.pk)
    own = {
        keywords.OPT_OUT: profile.opt_out_reply,
        keywords.OPT_IN: profile.opt_in_reply,
        keywords.HELP: profile.help_reply,
    }
    return replies.answer(
        asked.confirms, name=asked.business.name, phone=asked.business.phone, own=own[asked.confirms]
    )
