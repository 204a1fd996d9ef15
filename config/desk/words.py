"""How the desk says things: who did it, since when, what became of it. Words of DND itself are in dnd/wording.py."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from contacts.words import Channel
from dnd.models import Reason

CHANNEL_ICONS = {
    Channel.CALL.value: "call",
    Channel.SMS.value: "sms",
    Channel.EMAIL.value: "mail",
    Channel.WHATSAPP.value: "forum",
    Channel.FACEBOOK.value: "thumb_up",
    Channel.GMB.value: "storefront",
}
SKIPS = {
    "no_address": "no address for it",
    "dnd": "blocked by DND",
    "do_not_contact": "automations paused",
    "status": "the status restricts contact",
}
UNITS = ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute"))


def by_whom(source: str, actor: str) -> str:
    """`by Mia Manager`, `by the contact`, `by the workflow “Reminders”`."""
    if source == "user":
        return f"by {actor or 'a user'}"
    if source == "workflow":
        return f"by the workflow “{actor}”" if actor else "by a workflow"
    if source == "api":
        return f"by the program “{actor}”" if actor else "by a program"
    if source == "provider":
        return f"by the provider {actor}" if actor else "by the provider"
    return {"contact": "by the contact", "import": "by an import", "sync": "by the record system"}.get(
        source, source
    )


def ago(moment: datetime, now: datetime) -> str:
    """`just now`, `3 minutes ago`, `in 2 days`."""
    seconds = round((now - moment).total_seconds())
    size, unit = next(((size, unit) for size, unit in UNITS if abs(seconds) >= size), (0, ""))
    if not size:
        return "just now" if seconds >= 0 else "in a moment"
    count = abs(seconds) // size
    span = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{span} ago" if seconds > 0 else f"in {span}"


def why(reason: str, detail: str) -> str:
    """Why something was not sent or not done: a verdict's code in plain words, else what was said of it."""
    kind, _, rest = reason.partition(":")
    channel, _, ground = rest.partition(":")
    if kind == "dnd" and channel in Channel.values and ground in Reason.values:
        return f"DND is active for {Channel(channel).label}: {Reason(ground).label}."
    if kind == "suppressed" and rest in Reason.values:
        return f"The address is on the suppression list: {Reason(rest).label}."
    return detail or reason


def at(moment: datetime) -> str:
    """`12 Nov 2026, 14:03`, in the business's time zone."""
    return date_format(timezone.localtime(moment), "j M Y, H:i")


def day(moment: datetime, now: datetime) -> str:
    """The heading of a day: `Today`, `Yesterday`, `Thursday 12 November 2026`."""
    date, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    if date == today:
        return "Today"
    return "Yesterday" if date == today - timedelta(days=1) else date_format(date, "l j F Y")


FIX_THE_ADDRESS = "First make sure that the address works: ask on another channel, and correct it if need be."
OFF_THE_LIST = "Then take it off your email provider's suppression list, or the next email is refused again."
HOW_TO_LIFT = {
    "email_bounce": f"{FIX_THE_ADDRESS} {OFF_THE_LIST}",
    "email_failed": FIX_THE_ADDRESS,
    "email_suppressed": OFF_THE_LIST.replace("Then take", "First take"),
}
"""What has to be done outside of Heed before a ground is lifted."""
