"""One message to many, over REST: written, looked at beforehand, sent, paused, and how far it is."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.rest import bodies, paging
from contacts.rest.fields import Choice, Clock, Flag, Id, Instant, ListQuery, Moment, Strict, Text, shape
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.words import Role
from dnd.audience import ContactFilter
from messaging import templates
from messaging.broadcasting import checking, counting, editing, previewing, sending
from messaging.broadcasting.counting import Progress
from messaging.broadcasting.deciding import Named
from messaging.broadcasting.previewing import Group, Preview
from messaging.choosing import NONE, WAYS
from messaging.models import Broadcast

MANAGER = Role.MANAGER.value
WRITES = ("create", "partial_update", "destroy", "send", "pause", "resume", "cancel")


class Body(Text):
    """The copy for one way, which is Liquid."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=templates.LONGEST_SOURCE, trim_whitespace=False, **kwargs)


class EmailCopy(Strict):
    subject = Text(max_length=checking.LONGEST_SUBJECT, allow_blank=False)
    body = Body(allow_blank=False)


class DailyWindow(Strict):
    """On the clock of the business; it closes later on the same day."""

    opens = Clock()
    closes = Clock()


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": checking.MOST_A_MINUTE})
class PerMinute(serializers.Field[int, Any, int, Any]):
    default_error_messages = {"invalid": f"Give a whole number from 1 to {checking.MOST_A_MINUTE:,}."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return int(data)


class BroadcastChange(Strict):
    """What is left out stays as it is; `null` or an empty text takes a copy away."""

    name: Text = Text(required=False, allow_blank=False)
    kind: Any = Choice(Broadcast.Kind.values, required=False)
    audience: ContactFilter = ContactFilter(required=False)
    include_dead = Flag(required=False, help_text="Also contacts in a status that means that they are lost.")
    text = Body(required=False, allow_null=True)
    call = Body(required=False, allow_null=True, help_text="What is said.")
    email = EmailCopy(required=False, allow_null=True)
    window = DailyWindow(required=False, allow_null=True, help_text="Of a campaign.")
    per_minute = PerMinute(required=False, allow_null=True, help_text="The pace of a campaign.")


class BroadcastIn(BroadcastChange):
    """A message to many, with a copy for at least one way. `{}` as the audience is everybody."""

    name = Text(allow_blank=False)
    audience = ContactFilter()


class SendIn(Strict):
    at = Instant(required=False, allow_null=True, help_text="When to begin; now, when left out.")


class ProgressOut(serializers.Serializer[Progress]):
    total = serializers.IntegerField(help_text="Everybody in the audience when it began.")
    undecided = serializers.IntegerField(help_text="Nobody has looked at these yet.")
    queued = serializers.IntegerField(source="states.queued")
    held = serializers.IntegerField(source="states.held")
    calling = serializers.IntegerField(source="states.calling")
    sent = serializers.IntegerField(source="states.sent")
    delivered = serializers.IntegerField(source="states.delivered")
    failed = serializers.IntegerField(source="states.failed")
    unknown = serializers.IntegerField(source="states.unknown")
    dropped = serializers.IntegerField(source="states.dropped")
    reasons = serializers.DictField(
        child=serializers.IntegerField(),
        source="dropped",
        help_text="Of those dropped: how many for which reason.",
    )


class BroadcastOut(serializers.ModelSerializer[Broadcast]):
    id = Id()
    audience = ContactFilter()
    email = serializers.SerializerMethodField()
    window = serializers.SerializerMethodField()
    send_at = Moment(allow_null=True)
    created_at = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    progress = serializers.SerializerMethodField(help_text="Once it has begun.")

    class Meta:
        model = Broadcast
        fields = (
            "id", "name", "kind", "state", "audience", "include_dead", "text", "call", "email", "window", "per_minute",
            "send_at", "created_at", "started_at", "finished_at", "progress",
        )  # fmt: skip

    @extend_schema_field(EmailCopy(allow_null=True))
    def get_email(self, broadcast: Broadcast) -> dict[str, str] | None:
        if not broadcast.email_body:
            return None
        return {"subject": broadcast.email_subject, "body": broadcast.email_body}

    @extend_schema_field(DailyWindow(allow_null=True))
    def get_window(self, broadcast: Broadcast) -> dict[str, str] | None:
        opens, closes = broadcast.window_opens, broadcast.window_closes
        return {"opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"} if opens and closes else None

    @extend_schema_field(ProgressOut(allow_null=True))
    def get_progress(self, broadcast: Broadcast) -> Mapping[str, Any] | None:
        if broadcast.started_at is None:
            return None
        return dict(shape(ProgressOut).to_representation(self.context["progress"][broadcast.pk]))


def _out(broadcasts: Sequence[Broadcast]) -> BroadcastOut:
    """What shows these, with the progress of all of them counted at once."""
    begun = [one for one in broadcasts if one.started_at]
    return BroadcastOut(context={"progress": counting.progress_of(begun) if begun else {}})


class ExampleOut(serializers.Serializer[Named]):
    id = Id()
    name = serializers.SerializerMethodField()

    def get_name(self, named: Named) -> str:
        return f"{named.first_name} {named.last_name}".strip()


class GroupOut(serializers.Serializer[Group]):
    outcome = serializers.ChoiceField(choices=(*WAYS, NONE))
    reason = serializers.CharField(
        help_text="Why nothing, or why not at once; empty for what would leave at once."
    )
    count = serializers.IntegerField()
    examples = ExampleOut(many=True)


class OutcomesOut(serializers.Serializer[Any]):
    text = serializers.IntegerField()
    call = serializers.IntegerField()
    email = serializers.IntegerField()
    none = serializers.IntegerField()


class BroadcastPreview(serializers.Serializer[Preview]):
    total = serializers.IntegerField(help_text="Everybody in the audience as it is now.")
    outcomes = OutcomesOut()
    reasons = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of those who get nothing: how many for which reason."
    )
    later = serializers.IntegerField(help_text="Of those who get something: how many not at once.")
    opens_at = Moment(
        allow_null=True,
        help_text="When the daily window opens, before which nothing leaves; null while it is open, or there is none.",
    )
    left_out_dead = serializers.IntegerField(
        source="left_out", help_text="Who meets the filters in a status that means that they are lost."
    )
    groups = GroupOut(many=True)


NEWS = {
    "name": "Flu season",
    "kind": "campaign",
    "audience": {"tag": "patient"},
    "text": "{{contact.first_name}}, flu shots are in. Call {{business.phone}}.",
    "email": {"subject": "Flu shots are in", "body": "Dear {{contact.name}}, flu shots are in."},
    "window": {"opens": "09:00", "closes": "17:00"},
    "per_minute": 60,
}
NOT_NOW = {409: problem("It is in another state: `not_a_draft`, `not_sending`, `not_paused`.")}


class Broadcasts(Resource):
    """One message to many. Each contact gets at most one, by the first way that reaches them."""

    tag = "broadcasts"
    least_role: ClassVar = dict.fromkeys(WRITES, MANAGER)

    @extend_schema(parameters=[ListQuery], responses=page_of("BroadcastPage", BroadcastOut))
    def list(self, request: Request) -> Response:
        page = paging.page_of(request, Broadcast.objects.of(self.business), self.query())
        return Response(page.body(_out(page.rows).to_representation))

    @extend_schema(request=BroadcastIn, responses={201: BroadcastOut}, examples=example(NEWS))
    def create(self, request: Request) -> Response:
        made = editing.create(business=self.business, data=_data(self.body(BroadcastIn)), by=self.actor)
        return self._show(made, status=201)

    @extend_schema(responses=BroadcastOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return self._show(self._broadcast(id))

    @extend_schema(
        request=BroadcastChange,
        responses={200: BroadcastOut} | NOT_NOW,
        examples=example({"name": "Flu season, again"}),
    )
    def partial_update(self, request: Request, id: str) -> Response:
        broadcast = self._broadcast(id)
        data = _data(self.body(BroadcastChange))
        return self._show(editing.update(broadcast=broadcast, data=data, by=self.actor))

    @extend_schema(responses={204: None} | NOT_NOW)
    def destroy(self, request: Request, id: str) -> Response:
        editing.delete(broadcast=self._broadcast(id), by=self.actor)
        return Response(status=204)

    @extend_schema(request=None, responses=BroadcastPreview)
    def preview(self, request: Request, id: str) -> Response:
        """Who would get what if it were sent now, counted over the whole audience. Nothing is sent or written."""
        broadcast = self._broadcast(id)
        self.no_body()
        seen = previewing.preview(broadcast)
        return Response(shape(BroadcastPreview).to_representation(seen))

    @extend_schema(
        request=SendIn,
        responses={200: BroadcastOut} | NOT_NOW,
        examples=example({"at": "2126-11-30T09:00:00Z"}),
    )
    def send(self, request: Request, id: str) -> Response:
        """Send it now, or at a time."""
        broadcast = self._broadcast(id)
        asked = shape(SendIn).run_validation(bodies.read(request, optional=True))
        return self._show(sending.send(broadcast=broadcast, at=asked.get("at"), by=self.actor))

    @extend_schema(request=None, responses={200: BroadcastOut} | NOT_NOW)
    def pause(self, request: Request, id: str) -> Response:
        """Hold what has not left."""
        return self._turn(sending.pause, id)

    @extend_schema(request=None, responses={200: BroadcastOut} | NOT_NOW)
    def resume(self, request: Request, id: str) -> Response:
        """Go on where it was paused."""
        return self._turn(sending.resume, id)

    @extend_schema(request=None, responses={200: BroadcastOut} | NOT_NOW)
    def cancel(self, request: Request, id: str) -> Response:
        """Send nothing more of it: what has not left stays unsent."""
        return self._turn(sending.cancel, id)

    def _turn(self, act: Any, id: str) -> Response:
        broadcast = self._broadcast(id)
        self.no_body()
        return self._show(act(broadcast=broadcast, by=self.actor))

    def _broadcast(self, id: str) -> Broadcast:
        return Broadcast.objects.of(self.business).select_related("business").get(pk=row(id))

    def _show(self, broadcast: Broadcast, status: int = 200) -> Response:
        return Response(_out([broadcast]).to_representation(broadcast), status=status)


def _data(body: dict[str, Any]) -> dict[str, Any]:
    """The body under the names that a broadcast's fields have."""
    data: dict[str, Any] = dict(body)
    for way in ("text", "call"):
        if way in data and data[way] is None:
            data[way] = ""
    if "email" in data:
        email = data.pop("email") or {"subject": "", "body": ""}
        data |= {"email_subject": email["subject"], "email_body": email["body"]}
    if "window" in data:
        opening = data.pop("window") or {"opens": None, "closes": None}
        data |= {"window_opens": opening["opens"], "window_closes": opening["closes"]}
    if "audience" in data:
        data["audience"] = dict(data["audience"])
    return data
