"""Email through a business's own SMTP server."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any

from messaging import network
from messaging.feedback import metadata
from messaging.providers.base import CONNECT_LIMIT, Answer, Found, Letter, Lost, NotTaken, Refused, Taken
from messaging.smtp_url import Server, read

IDLE_LIMIT = 1.0
"""A conversation idle for longer is asked whether it still stands."""
WIRE = SMTP.clone(cte_type="7bit")
CLOSING = 421
"""What a server says, to whatever, that is about to close."""
LEADING_DOT = re.compile(rb"(?m)^\.")


class _Conversation(smtplib.SMTP):
    """smtplib over a socket that was connected beforehand, to an address that has been looked at."""

    def __init__(self, connected: socket.socket, server: Server) -> None:
        self._connected = connected
        super().__init__(server.host, server.port, local_hostname="heed.invalid")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connected


class _No(Exception):
    """The server said no; `to_us`: to who we are, and not to this email."""

    def __init__(self, code: int, text: bytes | str, *, to_us: bool) -> None:
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        super().__init__(" ".join(f"{code} {said}".split()))
        self.code = code
        self.to_us = to_us or code == CLOSING

    def answer(self) -> Answer:
        if 400 <= self.code < 500:
            return NotTaken(f"smtp:{self.code}", str(self), of_connection=self.to_us)
        if 500 <= self.code < 600:
            said = f"The email server refused it: {self}"
            return Refused(f"smtp:{self.code}", said, of_connection=self.to_us)
        return Lost(f"smtp:{self.code}", f"The email server answered with {self}")


class SmtpLine:
    """One thread's conversation with one server."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._server = read(config["url"])
        self._from = config["from_email"]
        self._esp = (config.get("feedback") or {}).get("esp", "")
        self._smtp: _Conversation | None = None
        self._used_at = 0.0

    def send(self, letter: Letter, *, until: float) -> Answer:
        named = identity(letter.message, letter.connection, self._from)
        try:
            content = compose(letter, self._from, named, metadata.headers(self._esp, letter.message))
            smtp = self._announce(letter, until)
            self._limit(smtp, until)
            smtp.send(LEADING_DOT.sub(b"..", content))
            self._limit(smtp, until)
        except (_No, network.NotAllowed, smtplib.SMTPException, OSError, ValueError) as error:
            # The final dot was not written, so whatever went wrong, the server does not have it.
            self.close()
            return _before_the_dot(error)
        return self._finish(smtp, named)

    def find(self, letter: Letter, *, since: datetime, before: datetime) -> Sequence[Found] | None:
        return None

    def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _announce(self, letter: Letter, until: float) -> _Conversation:
        """MAIL, RCPT and DATA, up to where the server waits for the message."""
        smtp = self._conversation(until)
        for command, argument, yes in (
            ("MAIL", f"FROM:<{self._from}>", (250,)),
            ("RCPT", f"TO:<{letter.to}>", (250, 251)),
            ("DATA", "", (354,)),
        ):
            self._limit(smtp, until)
            code, text = smtp.docmd(command, argument)
            if code not in yes:
                raise _No(code, text, to_us=command == "MAIL")
        return smtp

    def _finish(self, smtp: _Conversation, identity: str) -> Answer:
        try:
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
        except (smtplib.SMTPException, OSError):
            self.close()
            return Lost("no_answer", "The connection to the email server was lost before its answer came.")
        self._used_at = time.monotonic()
        if 200 <= code < 300:
            return Taken(identity)
        self.close()
        return _No(code, text, to_us=False).answer()

    def _conversation(self, until: float) -> _Conversation:
        """The conversation that stands, if it does, else a new one."""
        if self._smtp and time.monotonic() - self._used_at > IDLE_LIMIT and not self._answers(self._smtp):
            self.close()
        if self._smtp is None:
            self._smtp = self._open(until)
        return self._smtp

    def _answers(self, smtp: _Conversation) -> bool:
        try:
            self._limit(smtp, time.monotonic() + CONNECT_LIMIT)
            return smtp.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def _open(self, until: float) -> _Conversation:
        server = self._server
        connected = network.connect(server.host, server.port, timeout=CONNECT_LIMIT)
        try:
            if server.tls:
                connected = ssl.create_default_context().wrap_socket(connected, server_hostname=server.host)
            smtp = _Conversation(connected, server)
            self._limit(smtp, until)
            smtp.ehlo_or_helo_if_needed()
            if not server.tls and smtp.has_extn("starttls"):
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            connected.close()
            raise
        return smtp

    def _limit(self, smtp: _Conversation, until: float) -> None:
        """Nothing is begun after `until`, and nothing waited for."""
        left = until - time.monotonic()
        if left <= 0 or smtp.sock is None:
            raise TimeoutError("No time is left.")
        smtp.sock.settimeout(left)


def identity(message: int, connection: int, sender: str) -> str:
    """The Message-ID of one of our emails, by which the provider knows it too."""
    return f"<heed.{message}.{connection}@{sender.rpartition('@')[2]}>"


def _before_the_dot(error: Exception) -> Answer:
    if isinstance(error, network.NotAllowed):
        return Refused("network", str(error), of_connection=True)
    if isinstance(error, _No):
        return error.answer()
    if isinstance(error, smtplib.SMTPResponseException):
        return _No(error.smtp_code, error.smtp_error, to_us=True).answer()
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Refused("smtp:auth", "The email server takes no user name and password.", of_connection=True)
    if isinstance(error, UnicodeError):
        return Refused("smtp:address", "The email server takes only addresses in ASCII.")
    said = f"The email server could not be reached ({type(error).__name__})."
    return NotTaken("not_connected", said, of_connection=True)


def compose(letter: Letter, sender: str, identity: str, more: Mapping[str, str] | None = None) -> bytes:
    """The message as it goes over the wire, in lines of plain ASCII that end with CRLF.

    The letter's own headers, and `more`, stand as they are: who reads them takes no folded or encoded address.
    """
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = identity
    message.set_content(letter.body)
    lines = [f"{name}: {value}" for name, value in {**letter.headers, **(more or {})}.items()]
    if any(not line.isprintable() for line in lines):
        raise ValueError("A header is one line.")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii") + message.as_bytes()
