"""The Contact DND trigger, every kind of change against every kind of filter, on the real database.

What ought to fire is worked out here from design.md §7 and from what each change was asked to do: which channels
were blocked before and which after. It looks neither at the ledger nor at the product's matching.
"""

import itertools
from dataclasses import dataclass, field

import pytest

from contacts.actors import Actor
from contacts.models import Event
from dnd import services as dnd
from tests.factories import MANAGER, ContactFactory
from tests.workflows.building import put_tag
from workflows import definition, dispatch
from workflows.models import Firing, Version, Workflow

ALL = {"outbound": ("call", "sms", "email", "whatsapp", "facebook", "gmb"), "inbound": ("call", "sms")}
SOMEBODY = Actor("user", "Mia", "manager")
BY = {
    "user": SOMEBODY,
    "api": Actor("api", "key", "manager"),
    "workflow": Actor("workflow", "Flow"),
    "import": Actor("import", "contacts.csv"),
    "provider": Actor("provider", "Twilio"),
    "contact": Actor("contact"),
    "sync": Actor("sync", "Records"),
}


@dataclass(frozen=True)
class Asked:
    """One change: what is blocked before it, what it asks for, by whom and why."""

    direction: str
    enable: bool
    channels: tuple[str, ...]
    before: tuple[str, ...]
    source: str = "user"
    reason: str = "user_request"
    tags: tuple[str, ...] = ()

    @property
    def changed(self) -> set[str]:
        return set(self.channels) - set(self.before) if self.enable else set(self.channels) & set(self.before)

    @property
    def after(self) -> set[str]:
        return set(self.before) | set(self.channels) if self.enable else set(self.before) - set(self.channels)

    @property
    def scope(self) -> str:
        reached = set(ALL[self.direction]) if self.enable else set()
        return "all" if self.after == reached else "specific"


@dataclass(frozen=True)
class Filter:
    """The filters of one workflow's only trigger."""

    direction: str = ""
    flag: str = ""
    channels: tuple[str, ...] = ()
    op: str = ""
    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def json(self) -> dict[str, object]:
        filters: dict[str, object] = {}
        if self.op:
            filters["tags"] = {"op": self.op, "values": list(self.tags)}
        for name in ("direction", "flag"):
            if value := getattr(self, name):
                filters[name] = value
        for name in ("channels", "sources", "reasons"):
            if values := getattr(self, name):
                filters[name] = list(values)
        return filters


def should_fire(asked: Asked, wanted: Filter) -> bool:
    """Design §7 in words: all filters must match, no filter means any change; nothing changed fires nothing."""
    if not asked.changed:
        return False
    if wanted.direction and wanted.direction != asked.direction:
        return False
    if wanted.flag.startswith("enabled") and not asked.enable:
        return False
    if wanted.flag.startswith("disabled") and asked.enable:
        return False
    if wanted.flag.endswith("_all") and asked.scope != "all":
        return False
    if wanted.flag.endswith("_specific") and not any(c in asked.changed for c in wanted.channels):
        return False
    if wanted.sources and asked.source not in wanted.sources:
        return False
    if wanted.reasons and asked.reason not in wanted.reasons:
        return False
    return tags_allow(asked, wanted)


def tags_allow(asked: Asked, wanted: Filter) -> bool:
    has, named = {t.upper() for t in asked.tags}, {t.upper() for t in wanted.tags}
    if wanted.op == "equals":
        return has == named
    if wanted.op == "not_equals":
        return has != named
    if wanted.op == "any_of":
        return any(t in has for t in named)
    if wanted.op == "none_of":
        return not any(t in has for t in named)
    return True


BEFORE = {
    "outbound": [
        (),
        ("sms",),
        ("email", "call"),
        ("call", "sms", "email", "whatsapp", "facebook"),
        ALL["outbound"],
    ],
    "inbound": [(), ("sms",), ALL["inbound"]],
}
WANTED = {
    "outbound": [("sms",), ("email",), ("gmb",), ("sms", "email"), ("email", "call", "gmb"), ALL["outbound"]],
    "inbound": [("call",), ("sms",), ALL["inbound"]],
}
# Who may set which reason, and on what: design data, written out again.
SETS = [
    ("user", "user_request", "both", ()),
    ("api", "user_request", "both", ()),
    ("workflow", "workflow", "both", ()),
    ("import", "import", "outbound", ()),
    ("sync", "record_system", "outbound", ()),
    ("contact", "preference_page", "outbound", ()),
    ("contact", "stop_keyword", "outbound", ("sms",)),
    ("provider", "email_bounce", "outbound", ("email",)),
    ("contact", "call_keypress", "outbound", ("call",)),
]
LIFTS = [
    ("user", "user_request"),
    ("api", "user_request"),
    ("workflow", "workflow"),
    ("contact", "preference_page"),
]
TAGS = [(), ("vip",), ("VIP", "lead"), ("cold",)]


def changes() -> list[Asked]:
    found = []
    for direction in ALL:
        for before, channels in itertools.product(BEFORE[direction], WANTED[direction]):
            for tags in TAGS:
                found.append(Asked(direction, True, channels, before, tags=tags))
                found.append(Asked(direction, False, channels, before, tags=tags))
            for source, reason in LIFTS[1:]:
                found.append(Asked(direction, False, channels, before, source, reason))
        for source, reason, reach, only in SETS[1:]:
            for before in BEFORE[direction] if reach in ("both", direction) else ():
                found += [
                    Asked(direction, True, channels, before, source, reason, ("vip",))
                    for channels in ([only] if only else WANTED[direction])
                ]
    return found


def filters() -> list[Filter]:
    """Every direction with every flag and choice of channels; then each of those few with every other filter."""
    flags = [("", ()), ("enabled_all", ()), ("disabled_all", ())]
    flags += [
        (flag, channels)
        for flag in ("enabled_specific", "disabled_specific")
        for channels in [("sms",), ("email",), ("sms", "call"), ("whatsapp", "gmb")]
    ]
    base = [
        Filter(direction, flag, channels)
        for direction in ("", "outbound", "inbound")
        for flag, channels in flags
        if direction != "inbound" or set(channels) <= set(ALL["inbound"])
    ]
    few = [
        Filter(),
        Filter("outbound", "enabled_all"),
        Filter("outbound", "enabled_specific", ("sms", "call")),
    ]
    few += [Filter("inbound"), Filter("", "disabled_specific", ("email",)), Filter("", "disabled_all")]
    by_tags = [
        Filter(f.direction, f.flag, f.channels, op, tags)
        for f in few
        for op in ("equals", "not_equals", "any_of", "none_of")
        for tags in [("vip",), ("Lead", "vip"), ("cold", "lead")]
    ]
    by_origin = [
        Filter(f.direction, f.flag, f.channels, *tags, sources, reasons)
        for f in few
        for tags in [("", ()), ("any_of", ("vip",))]
        for sources in [(), ("user",), ("workflow", "contact")]
        for reasons in [(), ("user_request",), ("workflow", "stop_keyword", "preference_page")]
    ]
    return list(dict.fromkeys(base + by_tags + by_origin))


@dataclass
class Bench:
    business: object
    workflows: dict[int, Filter] = field(default_factory=dict)
    contacts: dict[int, Asked] = field(default_factory=dict)


@pytest.fixture
def bench(business) -> Bench:
    bench = Bench(business)
    publish(bench)
    for asked in changes():
        contact = ContactFactory(business=business, phone=False, email=False)
        if asked.tags:
            put_tag(contact, *asked.tags)
        bench.contacts[contact.pk] = asked
    prepare(bench)
    return bench


def publish(bench: Bench) -> None:
    for number, wanted in enumerate(filters()):
        trigger = {"type": "contact_dnd", "filters": wanted.json}
        steps = [{"kind": "stop"}]
        made = definition.read({"name": f"F{number}", "triggers": [trigger], "steps": steps})
        workflow = Workflow.objects.create(business=bench.business, name=made.name, steps=made.steps)
        Version.objects.create(
            workflow=workflow,
            business=bench.business,
            number=1,
            settings=made.settings | {"allow_reentry": True},
            triggers=made.triggers,
            steps=made.steps,
            program=definition.compile_program(made.steps),
            published_at="2020-01-01T00:00:00Z",
        )
        bench.workflows[workflow.pk] = wanted


def ask(bench: Bench, groups: dict[tuple, list[int]]) -> None:
    for (direction, states, source, reason), contacts in groups.items():
        wish = dnd.Wish(**{direction: dict(states)}, reason=reason, note="agreed")
        for outcome in dnd.change_many(business=bench.business, contacts=contacts, wish=wish, by=BY[source]):
            assert not outcome.refusals


def prepare(bench: Bench) -> None:
    """Bring each contact to where it stands before its change, and forget how."""
    groups: dict[tuple, list[int]] = {}
    for contact, asked in bench.contacts.items():
        if asked.before:
            states = tuple((channel, True) for channel in asked.before)
            groups.setdefault((asked.direction, states, "user", "user_request"), []).append(contact)
    ask(bench, groups)
    Event.objects.update(state="recorded")


def test_the_trigger_fires_for_exactly_the_changes_that_its_filters_name(bench):
    groups: dict[tuple, list[int]] = {}
    for contact, asked in bench.contacts.items():
        states = tuple((channel, asked.enable) for channel in asked.channels)
        groups.setdefault((asked.direction, states, asked.source, asked.reason), []).append(contact)
    ask(bench, groups)
    while dispatch.dispatch_batch():
        pass

    expected = {
        (contact, workflow)
        for contact, asked in bench.contacts.items()
        for workflow, wanted in bench.workflows.items()
        if should_fire(asked, wanted)
    }
    fired = list(Firing.objects.values_list("event__contact_id", "workflow_id"))
    combinations = len(bench.contacts) * len(bench.workflows)

    assert combinations >= 5_000
    assert 0.02 < len(expected) / combinations < 0.5, "the table must have both answers in plenty"
    assert len(fired) == len(set(fired))
    assert set(fired) == expected, describe(bench, set(fired) ^ expected)
    assert not Event.objects.filter(state="pending").exists()
    assert set(Firing.objects.values_list("outcome", flat=True)) == {"enrolled"}


def describe(bench: Bench, wrong: set[tuple[int, int]]) -> list[str]:
    return [f"{bench.contacts[contact]} with {bench.workflows[flow]}" for contact, flow in sorted(wrong)[:5]]


def test_a_change_in_both_directions_fires_for_each(business):
    bench = Bench(business)
    publish(bench)
    contact = ContactFactory(business=business)
    wish = dnd.Wish(outbound={"sms": True}, inbound={"call": True, "sms": True})
    dnd.change_one(business=business, contact=contact.pk, wish=wish, by=MANAGER)
    while dispatch.dispatch_batch():
        pass

    halves = [Asked("outbound", True, ("sms",), ()), Asked("inbound", True, ALL["inbound"], ())]
    for direction, half in zip(ALL, halves, strict=True):
        expected = {flow for flow, wanted in bench.workflows.items() if should_fire(half, wanted)}
        fired = Firing.objects.filter(event__data__direction=direction).values_list("workflow_id", flat=True)
        assert sorted(fired) == sorted(expected)
