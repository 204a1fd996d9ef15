"""Saying what went wrong without saying about whom."""

import traceback
from pathlib import Path

from django.db import InterfaceError, OperationalError

OUTAGES = (OperationalError, InterfaceError)
"""The database's trouble, not the data's: whatever met one is tried again."""

ROOT = Path(__file__).resolve().parent.parent


def described(error: BaseException) -> str:
    """`KeyError at workflows/steps/tags.py:31`. The error's own text may hold personal data and stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).is_relative_to(ROOT) and "site-packages" not in f.filename]
    where = f" at {Path(own[-1].filename).relative_to(ROOT)}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{where}"[:200]
