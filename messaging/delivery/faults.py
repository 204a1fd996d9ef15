"""Our own errors in words for the log: what and where, never the message, which may hold somebody's address."""

import traceback
from pathlib import Path


def described(error: BaseException) -> str:
    """`KeyError at claims.py:80`."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place
