"""The SMTP server."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from messaging.simulator import magic
from messaging.simulator.magic import Answer, MailMagic
from messaging.simulator.records import EmailRecord
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import new_sid

MAX_MESSAGE = 32 * 1024 * 1024
SECONDS_IDLE = 300


def connection(simulation: Simulation, loop: asyncio.AbstractEventLoop) -> SMTP:
    """The protocol of one connection."""
    return SMTP(
        Mailbox(simulation),
        data_size_limit=MAX_MESSAGE,
        enable_SMTPUTF8=True,
        # Without a name, aiosmtpd asks the resolver for one at every connection.
        hostname="simulator.invalid",
        ident="ESMTP provider simulator",
        timeout=SECONDS_IDLE,
        auth_require_tls=False,
        authenticator=_anybody,
        loop=loop,
    )


def _anybody(*_: object) -> AuthResult:
    return AuthResult(success=True)


def _shown(address: str) -> str:
    """aiosmtpd passes bytes that are not UTF-8 on as surrogates, which no answer could carry."""
    return address.encode("utf-8", "replace").decode()


class Mailbox:
    """aiosmtpd's handler. One for each connection, since it remembers when a mail began."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._began_at = 0.0

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._began_at = time.time()
        envelope.mail_from = _shown(address)
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if failure := self._simulation.settings.take_smtp_failure():
            kind = "4.3.0" if failure.status < 500 else "5.3.0"
            return f"{failure.status} {kind} a failure made to order"
        if refused := magic.for_mailbox(address).rcpt_reply:
            return refused
        envelope.rcpt_tos.append(_shown(address))
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        chosen = [magic.for_mailbox(address) for address in envelope.rcpt_tos]
        if refused := next((each.data_reply for each in chosen if each.data_reply), ""):
            return refused
        record = self._keep(envelope)
        if delay := self._simulation.settings.email_delay:
            await self._simulation.hold(delay)
        await self._stay_silent(server, chosen)
        return f"250 2.0.0 accepted as {record.id}"

    def _keep(self, envelope: Envelope) -> EmailRecord:
        record = EmailRecord(
            id=new_sid("EM"),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=envelope.original_content or b"",
            began_at=self._began_at,
            received_at=time.time(),
        )
        self._simulation.store.add_email(record)
        return record

    async def _stay_silent(self, server: SMTP, chosen: list[MailMagic]) -> None:
        answers = {each.answer for each in chosen}
        if Answer.HANG in answers:
            await self._simulation.hold(magic.HANG_SECONDS)
        if answers & {Answer.HANG, Answer.CLOSE} and server.transport is not None:
            # What is returned after this is written to a closed connection: nobody reads it.
            server.transport.close()
