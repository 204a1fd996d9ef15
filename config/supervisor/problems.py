"""What may go wrong, told in one sentence."""

from pathlib import Path

FULL = ("No space left on device", "could not extend file", "Disk quota exceeded")


class Problem(Exception):
    """Heed cannot start or go on; the message is for the person at the terminal."""

    def __init__(self, what: str, last_words: str = "", log: Path | None = None) -> None:
        if any(mark in last_words for mark in FULL):
            what, last_words = "The disk is full", ""
        text = f"{what}: {last_words}" if last_words else what
        super().__init__(f"{text.rstrip('.')}." + (f" See {log}." if log else ""))
