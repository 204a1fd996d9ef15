"""What is allowed in a workflow but is probably not meant."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contacts.words import OUTBOUND_CHANNELS, in_words
from messaging.choosing import CHANNEL_OF
from messaging.models import Connection
from workflows import versions
from workflows.definition.steps import BRANCHES, Step, walk
from workflows.models import Workflow
from workflows.steps import KINDS
from workflows.steps.messages import Send, SendPreferred


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence with {} for each of the steps that it is about, which are given by their paths."""

    sentence: str
    steps: tuple[str, ...] = ()


def lint(workflow: Workflow, *, called: Callable[[str], str] = str) -> list[str]:
    """One sentence for each thing that staff should look at before publishing. It changes nothing.

    `called`: the name of a step by its path; without it a step goes by its path.
    """
    return [one.sentence.format(*map(called, one.steps)) for one in _advice(workflow)]


def _advice(workflow: Workflow) -> list[Advice]:
    sends = [(path, ways) for path, step in walk(workflow.steps, "") if (ways := _channels(step))]
    return [
        *_entry(workflow),
        *_blocked(workflow.triggers, sends),
        *_unconnected(workflow, sends),
        *_unreachable(workflow.steps),
        *_taken_back(workflow.steps),
        *_unpublished(workflow),
    ]


def _channels(step: Step) -> list[str]:
    """The channels of which a step that communicates uses one."""
    kind = KINDS[step["kind"]]
    if isinstance(kind, SendPreferred):
        return [channel for way, channel in CHANNEL_OF.items() if way in step]
    return [kind.channel] if isinstance(kind, Send) else []


def _entry(workflow: Workflow) -> Iterator[Advice]:
    if not workflow.triggers:
        yield Advice(
            "No trigger starts this workflow: contacts enter it by hand, by REST or from another workflow only."
        )


def _blocked(
    triggers: Sequence[Mapping[str, Any]], sends: Sequence[tuple[str, list[str]]]
) -> Iterator[Advice]:
    """A message on a channel that the trigger has just seen blocked is skipped."""
    for trigger in triggers:
        filters = trigger["filters"]
        flag = filters.get("flag", "")
        if trigger["type"] != "contact_dnd" or filters.get("direction") == "inbound":
            continue
        shut = (
            OUTBOUND_CHANNELS
            if flag == "enabled_all"
            else filters["channels"]
            if flag == "enabled_specific"
            else ()
        )
        for path, channels in sends:
            if set(channels) <= set(shut):
                name = in_words(channels)
                yield Advice(
                    f"Step {{}} sends {name} to contacts whose {name} DND starts this workflow.", (path,)
                )


def _unconnected(workflow: Workflow, sends: Sequence[tuple[str, list[str]]]) -> Iterator[Advice]:
    connected = set(
        Connection.objects.filter(business=workflow.business_id).values_list("channel", flat=True)
    )
    for path, channels in sends:
        if connected.isdisjoint(channels):
            yield Advice(
                f"Step {{}} fails: the business has no connection for {in_words(channels)}.", (path,)
            )


def _unreachable(steps: Sequence[Step], path: str = "") -> Iterator[Advice]:
    for position, step in enumerate(steps):
        here = f"{path}{position}"
        ends = step["kind"] == "stop" or (
            step["kind"] == "remove_from_workflow" and step["which"] in ("current", "all")
        )
        if ends and position + 1 < len(steps):
            yield Advice("Nothing after step {} runs.", (here,))
            return
        for branch in BRANCHES:
            yield from _unreachable(step.get(branch, []), f"{here}.{branch}.")


def _taken_back(steps: Sequence[Step]) -> Iterator[Advice]:
    """Whatever waits at the door when an enrollment is removed is withdrawn, also by its own last step."""
    sent = ""
    for path, step in walk(list(steps), ""):
        if _channels(step):
            sent = path
        elif step["kind"] == "wait":
            sent = ""
        elif sent and step["kind"] == "remove_from_workflow" and step["which"] in ("current", "all"):
            yield Advice(
                "Step {} withdraws the message of step {} unless it has left by then: end with stop instead.",
                (path, sent),
            )


def _unpublished(workflow: Workflow) -> Iterator[Advice]:
    named = {
        path: int(step["workflow"])
        for path, step in walk(workflow.steps, "")
        if step["kind"] == "add_to_workflow"
    }
    published = versions.published(named.values())
    for path, target in named.items():
        if target not in published:
            yield Advice("Step {} fails as long as the workflow that it names is not published.", (path,))
