"""What a record system says of a contact's preferences, over REST."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import locks, preferences
from contacts.models import Business, Contact, Method, PointKind, Preference, Sync
from contacts.preferences import InForce, Said
from contacts.rest.fields import Choice, Id, Instant, Moment, Strict, Text, shape
from contacts.rest.problems import Problem
from contacts.rest.schema import example, problem
from contacts.rest.views import Resource, row
from contacts.words import OUTBOUND_CHANNELS, Role
from dnd import services as dnd
from dnd.services.syncing import Message, Spoken

EXTERNAL = "ext:"
MANAGER = Role.MANAGER.value
METHOD_HELP = "`sms`, `voice` or `dnc`. Another code is no preference, and a warning. Null: there is none."
NUMBER_HELP = "One of the contact's phone numbers. Null: none is preferred."


class AppointmentIn(Strict):
    """What holds for one appointment until it is over, instead of what is said in general."""

    id = Text(allow_blank=False)
    method = Text(required=False, allow_null=True, help_text=METHOD_HELP)
    preferred_number = Text(required=False, allow_null=True, help_text=NUMBER_HELP)
    until = Instant()


class PreferencesIn(Strict):
    """What is left out stays as it was."""

    method = Text(required=False, allow_null=True, help_text=METHOD_HELP)
    preferred_number = Text(required=False, allow_null=True, help_text=NUMBER_HELP)
    appointment = AppointmentIn(required=False)
    block = serializers.ListField(
        child=Choice(OUTBOUND_CHANNELS),
        required=False,
        max_length=len(OUTBOUND_CHANNELS),
        help_text="All channels that the record system wants blocked; others that it had blocked are freed.",
    )
    raw_code = Text(required=False, help_text="The code as the record system has it, for the log.")
    message_id = Text(required=False, help_text="A message that came before changes nothing.")
    sent_at = Instant(required=False, help_text="By the record system's clock. The later message stands.")


class AppointmentOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.values, allow_null=True)
    preferred_number = serializers.CharField(allow_null=True)
    until = Moment()


class InForceOut(serializers.Serializer[Any]):
    """What holds now, for an appointment or in general."""

    method = serializers.ChoiceField(choices=Method.values, allow_null=True)
    preferred_number = serializers.CharField(allow_null=True)
    appointment = serializers.CharField(allow_null=True)


class PreferencesOut(serializers.Serializer[Any]):
    contact = Id()
    preferences_source = serializers.ChoiceField(
        choices=Business.PreferencesSource.values,
        help_text="`manual`: the business's staff choose the number. `synced`: a record system does.",
    )
    method = serializers.ChoiceField(choices=Method.values, allow_null=True)
    preferred_number = serializers.CharField(allow_null=True)
    appointments = AppointmentOut(many=True)
    block = serializers.ListField(child=serializers.ChoiceField(choices=list(OUTBOUND_CHANNELS)))
    in_force = InForceOut()


class SyncedOut(PreferencesOut):
    outcome = serializers.ChoiceField(
        choices=[*Sync.Outcome.values, "repeated"],
        help_text="`older`: all of it was said before something that is known. `repeated`: by its id.",
    )
    warning = serializers.CharField(help_text="Such as a code that is not known.")


ASKED = {
    "method": "voice",
    "preferred_number": "+14155550100",
    "block": ["email"],
    "raw_code": "PHN",
    "message_id": "HL7-20261120-81",
    "sent_at": "2026-11-20T09:00:00Z",
}
REFUSED = {409: problem("The business sets preferences itself (`preferences_not_synced`).")}


class Preferences(Resource):
    """How a contact wants to be reached, synced from a record system."""

    tag = "contacts"
    least_role: ClassVar = {"update": MANAGER}

    @extend_schema(responses=PreferencesOut)
    def retrieve(self, request: Request, id: str) -> Response:
        """What stands, whoever chose it. `id` may be the external id of the contact, as `ext:MRN-1`."""
        return Response(dict(shape(PreferencesOut).to_representation(self._standing(self._contact(id)))))

    @extend_schema(request=PreferencesIn, responses={200: SyncedOut} | REFUSED, examples=example(ASKED))
    def update(self, request: Request, id: str) -> Response:
        """`id` may be the external id of the contact, as `ext:MRN-1`."""
        contact = self._contact(id)
        message = _message(self.body(PreferencesIn))
        synced = dnd.sync(business=self.business, contact=contact.pk, message=message, by=self.actor)
        body = self._standing(contact) | {"outcome": synced.outcome, "warning": synced.warning}
        return Response(dict(shape(SyncedOut).to_representation(body)))

    def _standing(self, contact: Contact) -> dict[str, Any]:
        synced = self.business.preferences_source == Business.PreferencesSource.SYNCED
        now = locks.now()
        rows = Preference.objects.filter(contact=contact).order_by("appointment") if synced else []
        said = [each.said for each in rows if not each.said.is_over(now)]
        holds = preferences.in_force(said, now) if synced else _chosen(contact)
        general = next((each for each in said if not each.appointment), Said())
        theirs = set(contact.points.filter(kind=PointKind.PHONE).values_list("value", flat=True))
        grounds = contact.grounds.outbound().filter(reason="record_system").values_list("channel", flat=True)
        return {
            "contact": contact.pk,
            "preferences_source": self.business.preferences_source,
            "method": general.wished or None,
            "preferred_number": _one_of(theirs, general.number if synced else holds.number),
            "appointments": [_appointment(each, theirs) for each in said if each.appointment],
            "block": [channel for channel in OUTBOUND_CHANNELS if channel in set(grounds)],
            "in_force": {
                "method": holds.method or None,
                "preferred_number": _one_of(theirs, holds.number),
                "appointment": holds.appointment or None,
            },
        }

    def _contact(self, id: str) -> Contact:
        mine = Contact.objects.of(self.business)
        if not id.startswith(EXTERNAL):
            return mine.get(pk=row(id))
        external_id = id.removeprefix(EXTERNAL)
        contact = mine.filter(external_id=external_id).first() if "\0" not in external_id else None
        if contact is None:
            raise Problem(404, "not_found", f"There is no contact with the external id {external_id[:200]}.")
        return contact


def _message(data: dict[str, Any]) -> Message:
    about = data.get("appointment")
    return Message(
        general=_spoken(data),
        appointment=_spoken(about, about["id"], about["until"]) if about else None,
        block=data.get("block"),
        raw_code=data.get("raw_code", ""),
        message_id=data.get("message_id", ""),
        sent_at=data.get("sent_at"),
    )


def _spoken(data: dict[str, Any], appointment: str = "", ends_at: datetime | None = None) -> Spoken:
    method, number = (
        data.get(name, "") or "" if name in data else None for name in ("method", "preferred_number")
    )
    return Spoken(method, number, appointment, ends_at)


def _chosen(contact: Contact) -> InForce:
    """What staff have chosen, where no record system does."""
    preferred = contact.points.filter(kind=PointKind.PHONE, preferred=True).values_list("value", flat=True)
    return InForce(number=preferred.first() or "")


def _one_of(theirs: Collection[str], number: str) -> str | None:
    """The number while the contact has it: one that it no longer has is not preferred in sending either."""
    return number if number in theirs else None


def _appointment(said: Said, theirs: Collection[str]) -> dict[str, Any]:
    return {
        "id": said.appointment,
        "method": said.wished or None,
        "preferred_number": _one_of(theirs, said.number),
        "until": said.ends_at,
    }
