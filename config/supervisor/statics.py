"""Whether the collected static files are still those of the sources, so that a second start can leave them alone."""

import hashlib
from pathlib import Path

from config.keys import BASE


class Statics:
    def __init__(self, home: Path) -> None:
        self.stamp = home / "static" / ".collected"

    def current(self) -> bool:
        try:
            return self.stamp.read_text() == self._digest()
        except OSError:
            return False

    def done(self) -> None:
        self.stamp.write_text(self._digest())

    def _digest(self) -> str:
        """Other people's files change with the lock, our own with their size and time."""
        seen = hashlib.sha256((BASE / "requirements" / "base.txt").read_bytes())
        sources = [BASE / "static", *BASE.glob("[!.]*/static"), *BASE.glob("config/*/static")]
        # HEED_HOME usually lies in the project, and what was collected there is no source.
        for folder in sorted({*sources} - {self.stamp.parent}):
            for path in sorted(folder.rglob("*")):
                about = path.stat()
                seen.update(f"{path}:{about.st_size}:{about.st_mtime_ns}\n".encode())
        return seen.hexdigest()
