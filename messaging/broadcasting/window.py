"""The daily window of a campaign, on the clock of the business. Plain values in, plain values out."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def opens_at(now: datetime, *, zone: str, opens: time | None, closes: time | None) -> datetime | None:
    """None while the window is open, or there is none; else when it opens next.

    A window that begins within an hour that the clocks skip begins when they go on.
    """
    if opens is None or closes is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    if opens <= local.time() < closes:
        return None
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return datetime.combine(day, opens, ZoneInfo(zone)).astimezone(now.tzinfo)
