"""A contact's DND over REST: where it stands, changing it, and its ledger."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import locks
from contacts.models import Contact
from contacts.rest import paging, problems
from contacts.rest.fields import Choice, Flag, Id, ListQuery, Moment, QueryMoment, Strict, Text, moment, shape
from contacts.rest.problems import Fault, Problem
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.words import Channel, Direction, Source
from dnd import as_of, flags
from dnd import services as dnd
from dnd.flags import Flag as ChannelFlag
from dnd.flags import Panel, Standpoint
from dnd.models import Change, Reason, State

LONGEST_NOTE = 2_000
STATUS_OF = {
    "dnd_locked": 409,
    "owned_by_record_system": 409,
    "do_not_contact_off": 409,
    "role_required": 403,
    "note_required": 422,
}
"""Codes of refusals, the one that decides the whole answer first."""


class Switches(Strict):
    """Channels to block (true) and to free (false). `all` stands for every channel, and stands alone."""

    all = Flag(required=False)

    def validate(self, data: dict[str, bool]) -> dict[str, bool]:
        if "all" not in data:
            return data
        if len(data) > 1:
            raise serializers.ValidationError({"all": "“all” stands alone: leave the single channels out."})
        return dict.fromkeys(self.known - {"all"}, data["all"])


class OutboundSwitches(Switches):
    call = Flag(required=False)
    sms = Flag(required=False)
    email = Flag(required=False)
    whatsapp = Flag(required=False)
    facebook = Flag(required=False)
    gmb = Flag(required=False)


class InboundSwitches(Switches):
    call = Flag(required=False)
    sms = Flag(required=False)


class DndChange(Strict):
    outbound = OutboundSwitches(required=False)
    inbound = InboundSwitches(required=False)
    do_not_contact = Flag(required=False)
    reason = Choice(Reason.values, required=False, help_text="`user_request` when left out.")
    evidence = Text(required=False)
    note = Text(required=False, max_length=LONGEST_NOTE)


class DndQuery(Strict):
    default_error_messages = {"unknown": "There is no such query parameter."}

    at = QueryMoment(
        required=False, help_text="What was allowed at this moment, such as 2026-11-20T09:00:00Z."
    )


class GroundOut(serializers.Serializer[Standpoint]):
    reason = serializers.ChoiceField(choices=Reason.values)
    strength = serializers.ChoiceField(choices=["temporary", "permanent"])
    source = serializers.ChoiceField(choices=Source.values)  # type: ignore[assignment]
    since = Moment()
    until = Moment(allow_null=True)
    note = serializers.CharField()


class FlagOut(serializers.Serializer[ChannelFlag]):
    """A channel. All but `enabled` is there only while it is blocked, and tells the strongest ground."""

    enabled = serializers.BooleanField()
    strength = serializers.ChoiceField(choices=["temporary", "permanent"], required=False)
    reason = serializers.ChoiceField(choices=Reason.values, required=False)
    source = serializers.ChoiceField(choices=Source.values, required=False)  # type: ignore[assignment]
    since = Moment(required=False)
    until = Moment(allow_null=True, required=False)
    note = serializers.CharField(required=False)
    may_lift = serializers.BooleanField(
        required=False, help_text="Whether this key may, given a note if need be."
    )
    why_not = serializers.CharField(required=False)
    also = GroundOut(many=True, required=False, help_text="The other grounds, strongest first.")

    def to_representation(self, flag: ChannelFlag) -> dict[str, Any]:
        if not flag.grounds:
            return {"enabled": False}
        strongest, *others = map(_ground, flag.grounds)
        return {
            "enabled": True,
            **strongest,
            "may_lift": flag.may_lift,
            "why_not": flag.why_not,
            "also": others,
        }


def _ground(ground: Standpoint) -> dict[str, Any]:
    return {
        "reason": ground.reason,
        "strength": ground.strength,
        "source": ground.source,
        "since": moment(ground.since),
        "until": moment(ground.until),
        "note": ground.note,
    }


class OutboundOut(serializers.Serializer[Mapping[str, ChannelFlag]]):
    call = FlagOut()
    sms = FlagOut()
    email = FlagOut()
    whatsapp = FlagOut()
    facebook = FlagOut()
    gmb = FlagOut()


class InboundOut(serializers.Serializer[Mapping[str, ChannelFlag]]):
    call = FlagOut()
    sms = FlagOut()


class SwitchOut(serializers.Serializer[flags.Switch]):
    enabled = serializers.BooleanField()
    may_edit = serializers.BooleanField()
    why_not = serializers.CharField()


class DndOut(serializers.Serializer[Panel]):
    state = serializers.ChoiceField(choices=State.values)
    version = serializers.IntegerField()
    outbound = OutboundOut()
    inbound = InboundOut()
    do_not_contact = SwitchOut()


class ChangeOut(serializers.ModelSerializer[Change]):
    id = Id()
    channels = serializers.ListField(child=serializers.ChoiceField(choices=Channel.values))
    reason = serializers.ChoiceField(choices=Reason.values)
    note = serializers.SerializerMethodField()
    recorded_at = Moment()
    effective_at = serializers.SerializerMethodField(
        help_text="Null while a call that began before it is under way."
    )
    summary = serializers.CharField(help_text="Such as: DND enabled by user for SMS and Email")

    class Meta:
        model = Change
        fields = (
            "id", "version", "kind", "direction", "enabled", "scope", "channels", "source", "actor", "reason", "note",
            "recorded_at", "effective_at", "summary", "hash",
        )  # fmt: skip

    def get_note(self, change: Change) -> str:
        return change.text.note if hasattr(change, "text") else ""

    def get_effective_at(self, change: Change) -> str | None:
        return moment(change.effective.at) if hasattr(change, "effective") else None


ASKED = {"outbound": {"sms": True, "email": False}, "inbound": {"all": True}, "note": "asked on the phone"}
REFUSED = {
    409: problem(
        "A ground may not be lifted (`dnd_locked`), or the switch not used; `errors` names each channel."
    ),
    422: problem("Lifting this needs a note (`note_required`); `errors` names each channel."),
}


class Dnd(Resource):
    """What a contact has asked for."""

    tag = "dnd"

    @extend_schema(parameters=[DndQuery], responses=DndOut)
    def retrieve(self, request: Request, id: str) -> Response:
        """Where the contact stands, or where it stood at a moment: `at`."""
        contact = self._contact(id)
        query = self.query(DndQuery)
        if "at" not in query:
            return Response(self._state(contact))
        if query["at"] > locks.now():
            raise problems.fault("at", "This is in the future: give a moment that has been.")
        return Response(shape(DndOut).to_representation(as_of.panel(contact, query["at"])))

    @extend_schema(request=DndChange, responses={200: DndOut} | REFUSED, examples=example(ASKED))
    def partial_update(self, request: Request, id: str) -> Response:
        """All or nothing: one refused channel refuses the request. Nothing different: no new version."""
        wish = self._wish(id)
        try:
            outcome = dnd.change_one(
                business=self.business, contact=self._contact(id).pk, wish=wish, by=self.actor
            )
        except dnd.NoSuchContact as error:
            raise problems.not_found() from error
        except dnd.NotAReason as error:
            raise problems.fault("reason", str(error)) from error
        except dnd.Refused as error:
            raise refused(error) from error
        # Who was merged into another between the two reads is that other now.
        return Response(self._state(Contact(pk=outcome.contact_id, business=self.business)))

    @extend_schema(parameters=[ListQuery], responses=page_of("ChangePage", ChangeOut))
    def changes(self, request: Request, id: str) -> Response:
        contact = self._contact(id)
        query = self.query()
        lines = Change.objects.filter(contact=contact).select_related("text", "effective")
        page = paging.page_of(request, lines, query, key="version")
        return Response(page.body(shape(ChangeOut).to_representation))

    def _wish(self, id: str) -> dnd.Wish:
        """What the body asks for. What is wrong with it is told only of a contact that exists."""
        try:
            return dnd.Wish(**self.body(DndChange))
        except (Problem, serializers.ValidationError):
            self._contact(id)
            raise

    def _contact(self, id: str) -> Contact:
        contact = Contact.objects.of(self.business).get(pk=row(id))
        contact.business = self.business
        return contact

    def _state(self, contact: Contact) -> Any:
        return shape(DndOut).to_representation(flags.panel(contact, self.actor))


def refused(error: dnd.Refused) -> Problem:
    """The problem that names each channel and why."""
    faults = [Fault(_field(refusal), refusal.code, refusal.why) for refusal in error.refusals]
    code = min((fault.code for fault in faults), key=list(STATUS_OF).index)
    return Problem(STATUS_OF[code], code, str(error), faults=faults)


def _field(refusal: dnd.Refusal) -> str:
    if refusal.direction == Direction.AUTOMATIONS:
        return refusal.channel
    return f"{refusal.direction}.{refusal.channel}"
