"""What the person at the terminal reads: a line for each stage, with its duration."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def say(text: str) -> None:
    """A terminal that was closed, or a pipe that nobody reads, is no reason to stop."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stdout, flush=True)


@contextmanager
def stage(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    took(name, time.monotonic() - started)


def took(name: str, seconds: float) -> None:
    say(f"  {f'{name} ':.<52} {seconds:5.1f} s")
