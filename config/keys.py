"""What Heed keeps under HEED_HOME: keys that are made once, and how to find the servers that are running."""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

BASE = Path(__file__).resolve().parent.parent


class Unusable(Exception):
    """A folder or a file under HEED_HOME cannot be used; the message says which and why."""


def home() -> Path:
    """HEED_HOME, against the project and not the current folder, so that every command finds the same one."""
    return (BASE / Path(os.environ.get("HEED_HOME") or ".heed").expanduser()).resolve()


def secret_key(folder: Path) -> str:
    return once(folder / "keys" / "secret_key", lambda: secrets.token_urlsafe(64))


def credential_keys(folder: Path) -> list[str]:
    """The ring of keys for stored credentials, newest first: the first encrypts, all of them decrypt."""
    return once(folder / "keys" / "credentials", lambda: Fernet.generate_key().decode()).split()


def erasure_key(folder: Path) -> str:
    """By which the addresses of erased people are hashed. With another one they would not be known again."""
    return once(folder / "keys" / "erasure", lambda: secrets.token_urlsafe(32))


def password(folder: Path, server: str) -> str:
    return once(folder / "keys" / server, lambda: secrets.token_urlsafe(24))


def once(path: Path, make: Callable[[], str]) -> str:
    """The text of this file, made by whoever comes first; nobody ever sees half of it or two of them."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Unusable(f"Cannot read {path}: {error.strerror}.") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _offer(path, make())
        return path.read_text().strip()
    except OSError as error:
        raise Unusable(f"Cannot write {path}: {error.strerror}.") from error


def _offer(path: Path, text: str) -> None:
    """Put the text there unless somebody else just did: a hard link, unlike a rename, never replaces."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def join_running(folder: Path) -> None:
    """Take the environment of the copy of Heed that runs on this folder; what is set here already wins."""
    try:
        run = json.loads((folder / "run.json").read_text())
        os.kill(run["pid"], 0)
    except (OSError, ValueError, KeyError):
        return
    for name, value in run["env"].items():
        os.environ.setdefault(name, value)
