"""Workflows in plain words: when one starts, and what each of its steps does."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from compliance.models import FeedbackEvent
from contacts.services.work import ROLE_PLURALS
from contacts.words import Channel, Source, in_families
from dnd.models import Reason

TRIGGERS: Mapping[str, str] = {
    "contact_dnd": "Contact DND",
    "do_not_contact_changed": "Do Not Contact",
    "contact_created": "Contact created",
    "tag_added": "Tag added",
    "tag_removed": "Tag removed",
    "status_changed": "Status changed",
    "message_received": "Message received",
    "message_failed": "Message failed",
    "email_event": "Email event",
    "manual": "By hand",
}
FLAGS: Mapping[str, str] = {
    "enabled_all": "DND is turned on for all channels",
    "disabled_all": "DND is turned off for all channels",
    "enabled_specific": "DND is turned on for {channels}",
    "disabled_specific": "DND is turned off for {channels}",
}
STEPS: Mapping[str, str] = {
    "send_sms": "Send SMS",
    "send_email": "Send email",
    "send_whatsapp": "Send WhatsApp",
    "send_facebook": "Send Facebook message",
    "send_gmb": "Send Google Business message",
    "make_call": "Make a call",
    "send_preferred": "Send by the preferred channel",
    "add_tag": "Add a tag",
    "remove_tag": "Remove a tag",
    "set_dnd": "Set DND",
    "change_status": "Change status",
    "add_to_dnc": "Add to Do Not Contact list",
    "add_to_workflow": "Add to a workflow",
    "remove_from_workflow": "Remove from workflows",
    "internal_notification": "Notify the team",
    "create_task": "Create a task",
    "wait": "Wait",
    "if_else": "If / else",
    "stop": "Stop",
}
NO_NAMES: Mapping[str, str] = {}
UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
REMOVALS = {
    "current": "Remove from this workflow",
    "another": "Remove from the workflow “{workflow}”",
    "all_except_current": "Remove from every other workflow",
    "all": "Remove from every workflow",
}
TAGS: Mapping[str, str] = {
    "equals": "has exactly {tags}",
    "not_equals": "has not exactly {tags}",
    "any_of": "has any of {tags}",
    "none_of": "has none of {tags}",
}

TELLS: Mapping[str, str] = {
    plural: f"everybody with the role {role}" for plural, role in ROLE_PLURALS.items()
}
ASKS: Mapping[str, str] = {
    "is": "is {value}",
    "is_not": "is not {value}",
    "contains": "contains {value}",
    "any_of": "is {value}",
    "none_of": "is not {value}",
    "is_empty": "is empty",
}
ASKS_TAGS: Mapping[str, str] = {
    "is": "has the tag {value}",
    "is_not": "does not have the tag {value}",
    "contains": "has a tag that contains {value}",
    "any_of": "has the tag {value}",
    "none_of": "does not have the tag {value}",
    "is_empty": "has no tags",
}

BRANCHES: Mapping[str, str] = {"then": "a.", "else": "b."}


def trigger(given: Mapping[str, Any], names: Mapping[str, str] = NO_NAMES) -> str:
    """`DND is turned on for SMS, outbound`, and what else it asks for. `names`: of statuses, by `status:` and id."""
    kind, filters = given.get("type", ""), given.get("filters") or {}
    tags = filters.get("tags") or {}
    if kind == "contact_dnd":
        return "; ".join([_dnd(filters), *_narrowed(filters)])
    if kind == "manual":
        return "Somebody, a program or another workflow adds the contact"
    if kind == "contact_created":
        return "; ".join(["A contact is created", *_narrowed(filters)])
    if kind in ("tag_added", "tag_removed"):
        named = _listed(tags.get("values") or [])
        which = f"The tag {named}" if tags.get("op") in ("any_of", "equals") and named else "A tag"
        which = (
            f"A tag other than {named}" if tags.get("op") in ("none_of", "not_equals") and named else which
        )
        return f"{which} is {'added' if kind == 'tag_added' else 'removed'}"
    if kind == "do_not_contact_changed":
        wanted = filters.get("enabled")
        state = "turned on or off" if wanted is None else "turned on" if wanted else "turned off"
        return "; ".join([f"Do Not Contact is {state}", *_narrowed(filters)])
    if kind == "status_changed":
        wanted = [status(pk, names) for pk in filters.get("statuses") or []]
        where = f"comes into the status {_either(wanted)}" if wanted else "changes its status"
        return "; ".join([f"The contact {where}", *_narrowed(filters)])
    if kind == "message_received":
        return "; ".join([_received(filters), *_narrowed(filters)])
    if kind == "message_failed":
        return "; ".join([_failed(filters), *_narrowed(filters)])
    if kind == "email_event":
        return "; ".join([_email_event(filters), *_narrowed(filters)])
    return TRIGGERS.get(kind, kind)


def _failed(filters: Mapping[str, Any]) -> str:
    channels = [str(Channel(c).label) for c in filters.get("channels") or [] if c in Channel.values]
    by = f" by {_either(channels)}" if channels else ""
    codes = filters.get("codes")
    return f"A message{by} fails" + (f" with {_either(codes)}" if codes else "")


def _email_event(filters: Mapping[str, Any]) -> str:
    kinds = FeedbackEvent.Kind
    named = [str(kinds(e).label).lower() for e in filters.get("events") or [] if e in kinds.values]
    return f"The email provider reports: {_either(named)}" if named else "The email provider reports anything"


def _received(filters: Mapping[str, Any]) -> str:
    channels = [str(Channel(c).label) for c in filters.get("channels") or [] if c in Channel.values]
    by = f" by {_either(channels)}" if channels else ""
    words = filters.get("keywords")
    return f"The contact writes{by}" + (f": {_listed(words)}" if words else "")


def _dnd(filters: Mapping[str, Any]) -> str:
    channels = [str(Channel(c).label) for c in filters.get("channels") or [] if c in Channel.values]
    words = FLAGS.get(filters.get("flag", ""), "DND changes").format(channels=_either(channels))
    return f"{words}, {filters['direction']}" if filters.get("direction") else words


def _narrowed(filters: Mapping[str, Any]) -> Iterable[str]:
    """What else must hold."""
    tags = filters.get("tags") or {}
    if tags:
        yield f"the contact {TAGS[tags['op']].format(tags=_listed(tags['values']) or 'no tags')}"
    if sources := filters.get("sources"):
        yield f"caused by {_either([str(Source(s).label) for s in sources if s in Source.values])}"
    if reasons := filters.get("reasons"):
        yield f"because: {_either([str(Reason(r).label) for r in reasons if r in Reason.values])}"


def _listed(tags: Sequence[str]) -> str:
    return _either([f"“{tag}”" for tag in tags])


def _either(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def number(path: str) -> str:
    """`18a.1` for the step at 17.then.0, as the editor counts; the branches of an `if_else` are a and b."""
    return "".join(BRANCHES.get(part) or str(int(part) + 1) for part in path.split("."))


def duration(text: str) -> str:
    """`2 hours` for `2h`."""
    count, unit = text[:-1], UNITS.get(text[-1:], "")
    return f"{int(count)} {unit}{'' if int(count) == 1 else 's'}" if unit else text


def moment(text: str) -> str:
    """`1 Jan 2030, 09:30` for an ISO time, in the zone of whoever looks."""
    at = timezone.localtime(datetime.fromisoformat(text))
    return date_format(at, "j M Y, H:i:s" if at.second else "j M Y, H:i")


def audience(to: str, names: Mapping[str, str]) -> str:
    """Who is told: `the team “Sales”` for `team:Sales`."""
    kind, _, name = to.partition(":")
    if kind == "team":
        return f"the team “{name}”"
    return TELLS.get(to) or names.get(to.lower(), name)


def condition(given: Mapping[str, Any], names: Mapping[str, str] = NO_NAMES) -> str:
    """What an `if_else` asks: `the contact has the tag “vip” and SMS is blocked`. What is nested is in brackets."""
    for group, word in (("all", " and "), ("any", " or ")):
        if group in given:
            parts = given[group]
            inner = (condition(part, names) for part in parts)
            nested = (len(parts) > 1 and ("all" in part or "any" in part) for part in parts)
            return word.join(
                f"({words})" if deep else words for words, deep in zip(inner, nested, strict=True)
            )
    return _question(given, names)


def _question(given: Mapping[str, Any], names: Mapping[str, str]) -> str:
    asked, op, value = given["field"], given["op"], given.get("value")
    area, _, name = asked.partition(".")
    if area == "dnd" and name in Channel.values:
        return f"{Channel(name).label} is {'blocked' if value is (op == 'is') else 'allowed'}"
    values = value if isinstance(value, list) else [value]
    said = _either([names.get(f"{asked}:{each}", f"“{each}”") for each in values])
    if asked == "tag":
        return f"the contact {ASKS_TAGS[op].format(value=said)}"
    subject = "DND state" if asked == "dnd.state" else (name or asked).replace("_", " ")
    return f"the contact's {subject} {ASKS[op].format(value=said)}"


def status(pk: Any, names: Mapping[str, str]) -> str:
    return names.get(f"status:{pk}", "a removed status")


def step(given: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One step in a line. `names`: as `names.of` gives them."""
    kind = given.get("kind", "")
    named = names.get(str(given.get("workflow", "")), "a deleted workflow")
    match kind:
        case "send_email":
            return f"Send email “{given['subject']}”"
        case "send_preferred":
            return f"Send by {_either([way for way in ('text', 'call', 'email') if way in given])}"
        case "add_tag":
            return f"Add the tag “{given['tag']}”"
        case "remove_tag":
            return f"Remove the tag “{given['tag']}”"
        case "set_dnd":
            return _set_dnd(given)
        case "change_status" | "add_to_dnc":
            return _for_sales(given, names)
        case "add_to_workflow":
            return f"Add to the workflow “{named}”"
        case "remove_from_workflow":
            return REMOVALS[given["which"]].format(workflow=named)
        case "internal_notification":
            return f"Notify {audience(given['to'], names)}"
        case "create_task":
            return f"Create the task “{given['title']}”"
        case "wait" | "if_else":
            return _flow(given, names)
        case _:
            return STEPS.get(kind, kind)


def _flow(given: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if given["kind"] == "if_else":
        return f"If {condition(given['condition'], names)}"
    return f"Wait {duration(given['for'])}" if "for" in given else f"Wait until {moment(given['until'])}"


def _for_sales(given: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if given["kind"] == "change_status":
        return f"Change the status to {status(given['status'], names)}"
    channels = given["channels"]
    what = "all channels" if channels == "all" else in_families(channels)
    return f"Add to the Do Not Contact list for {what}"


def _set_dnd(given: Mapping[str, Any]) -> str:
    channels = given["channels"]
    names = (
        "all channels"
        if channels == "all"
        else _either([str(Channel(c).label) for c in channels]).replace(" or ", " and ")
    )
    return f"Turn {'on' if given['enable'] else 'off'} {given['direction']} DND for {names}"
