"""An SMTP server as one address: smtp://user:password@host:port, or smtps:// for TLS from the first byte."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

PORTS = {"smtp": 25, "smtps": 465}
FIX = "Give an address such as smtp://user:password@mail.example.org:587."
HIDDEN = "•••"


class NotAServer(ValueError):
    """This is not the address of an SMTP server."""

    def __init__(self) -> None:
        super().__init__(f"{NotAServer.__doc__} {FIX}")


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect, and who to be. `tls`: from the first byte; else STARTTLS is used when it is offered."""

    host: str
    port: int
    tls: bool
    user: str
    password: str


def read(url: str) -> Server:
    """Raises NotAServer."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        host.encode("idna")
    except (ValueError, KeyError) as error:
        raise NotAServer from error
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment or not url.isprintable():
        raise NotAServer
    return Server(
        host, port, parts.scheme == "smtps", unquote(parts.username or ""), unquote(parts.password or "")
    )


def hide_password(url: str) -> str:
    """The same address with dots for the password, if it has one."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    user, _, rest = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:{HIDDEN}@{rest}"))
