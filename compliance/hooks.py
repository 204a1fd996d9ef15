"""What `compliance` has to tell the app above it: a callable, set once when that app is ready."""

from collections.abc import Callable

hours_changed: Callable[[int], None] | None = None
"""Called with a business whose permitted hours, or whether it keeps to them, have changed."""


def tell_hours_changed(business: int) -> None:
    """Say so, in the transaction in which they change."""
    if hours_changed is not None:
        hours_changed(business)
