"""The whole Business Profile over REST: what the business is, and what compliance does for it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import hours
from compliance.hours import Row
from compliance.models import Profile
from compliance.services import permitted, profiles
from contacts.api import BusinessChange, BusinessOut
from contacts.models import Business
from contacts.rest.fields import Choice, Clock, Flag, Id, Strict, Text, shape
from contacts.rest.views import Resource
from contacts.services import businesses
from contacts.services.errors import Invalid
from contacts.words import Role

ENTERPRISE = Role.ENTERPRISE.value


class Whole(serializers.Field[int, Any, int, Any]):
    """A whole number, and no text or truth value that could be read as one."""

    default_error_messages = {"invalid": "Give a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return int(data)


def whole(name: str) -> Whole:
    """A number of the profile, with its bounds in the schema."""
    least, most = profiles.NUMBERS[name]
    described = extend_schema_field({"type": "integer", "minimum": least, "maximum": most})
    field: Whole = described(type("Whole", (Whole,), {}))(required=False)
    return field


class Words(serializers.ListField):
    child = Text(max_length=40)
    default_error_messages = {"not_a_list": "Give a list of strings."}


class HoursIn(Strict):
    """When contacts of a region may be disturbed. `region` is `default`, or a state such as `US-TX`."""

    region = Text(max_length=10)
    days = serializers.ListField(child=Choice(hours.DAYS), help_text="`mon` to `sun`.")
    opens = Clock()
    closes = Clock()
    note = Text(required=False)


class ComplianceChange(Strict):
    sms_opt_out = Flag(required=False, help_text="Whether the opt-out text is added to SMS.")
    sms_opt_out_text = Text(required=False)
    sms_sender = Flag(required=False, help_text="Whether the sender is added to SMS.")
    sms_sender_text = Text(required=False, help_text="Empty: the business's name.")
    sms_repeat = Choice(
        Profile.Repeat.values,
        required=False,
        help_text="`again`: on the first message and after `sms_repeat_days`; `every`: always.",
    )
    sms_repeat_days = whole("sms_repeat_days")
    email_unsubscribe = Flag(required=False, help_text="Whether the unsubscribe link is added to the body.")
    email_unsubscribe_text = Text(required=False)
    email_sender = Flag(required=False, help_text="Whether sender and postal address are added to email.")
    email_sender_text = Text(required=False, max_length=400, help_text="Empty: the business's name.")
    quiet_hours = Flag(
        required=False, help_text="Whether calls, SMS and WhatsApp keep to the permitted hours."
    )
    quiet_hours_everywhere = Flag(required=False, help_text="Whether every other channel does too.")
    soft_bounces = whole("soft_bounces")
    soft_bounce_days = whole("soft_bounce_days")
    opt_out_words = Words(required=False)
    opt_in_words = Words(required=False)
    help_words = Words(required=False)
    opt_out_reply = Text(required=False, max_length=400, help_text="Empty: the standard words.")
    opt_in_reply = Text(required=False, max_length=400, help_text="Empty: the standard words.")
    help_reply = Text(required=False, max_length=400, help_text="Empty: the standard words.")
    permitted_hours = HoursIn(
        many=True, required=False, help_text="Takes the place of the rows of each region that it names."
    )


class ProfileChange(BusinessChange, ComplianceChange):
    pass


class HoursOut(serializers.Serializer[Row]):
    region = serializers.CharField()
    days = serializers.ListField(child=serializers.ChoiceField(choices=hours.DAYS))
    opens = Clock()
    closes = Clock()
    note = serializers.CharField()

    def to_representation(self, row: Row) -> dict[str, Any]:
        return {
            "region": row.region,
            "days": [hours.DAYS[day] for day in sorted(row.window.days)],
            "opens": f"{row.window.opens:%H:%M}",
            "closes": f"{row.window.closes:%H:%M}",
            "note": row.note,
        }


class ComplianceOut(serializers.ModelSerializer[Profile]):
    class Meta:
        model = Profile
        fields = profiles.FIELDS


class ProfileOut(BusinessOut):
    """The business, and what is added to its messages, when it may disturb, and which words it knows."""

    compliance: ClassVar = ComplianceOut
    permitted_hours = HoursOut(many=True, read_only=True)

    class Meta(BusinessOut.Meta):
        fields = (*BusinessOut.Meta.fields, *profiles.FIELDS, "permitted_hours")  # type: ignore[assignment]

    def get_fields(self) -> dict[str, Any]:
        ours = shape(ComplianceOut).get_fields()
        return {"id": Id(), **BusinessOut().get_fields(), **ours, "permitted_hours": HoursOut(many=True)}

    def to_representation(self, business: Business) -> dict[str, Any]:
        return {
            **shape(BusinessOut).to_representation(business),
            **shape(ComplianceOut).to_representation(profiles.of(business.pk)),
            "permitted_hours": [
                shape(HoursOut).to_representation(row) for row in permitted.rows_of(business.pk)
            ],
        }


class BusinessProfile(Resource):
    """The business that the key belongs to."""

    tag = "business"
    least_role: ClassVar = {"retrieve": ENTERPRISE, "partial_update": ENTERPRISE}

    @extend_schema(responses=ProfileOut)
    def retrieve(self, request: Request) -> Response:
        return self._show(self.business)

    @extend_schema(request=ProfileChange, responses=ProfileOut)
    def partial_update(self, request: Request) -> Response:
        """All or nothing."""
        data = self.body(ProfileChange)
        with transaction.atomic():
            changed = businesses.update(
                business=self.business, data=_of(data, businesses.EDITABLE), by=self.actor
            )
            profiles.update(business=changed, data=_of(data, profiles.FIELDS), by=self.actor)
            self._replace_hours(changed, data.get("permitted_hours", []))
        return self._show(changed)

    def _replace_hours(self, business: Business, rows: Sequence[Mapping[str, Any]]) -> None:
        by_region: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
        for position, row in enumerate(rows):
            by_region[row["region"]].append((position, row))
        for region, placed in by_region.items():
            wanted = [{**row, "days": [hours.DAYS.index(day) for day in row["days"]]} for _, row in placed]
            try:
                permitted.replace(business=business, region=region, rows=wanted, by=self.actor)
            except Invalid as invalid:
                raise Invalid(
                    {_path(name, placed): said for name, said in invalid.errors.items()}
                ) from invalid

    def _show(self, business: Business) -> Response:
        return Response(shape(ProfileOut).to_representation(business))


def _of(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}


def _path(name: str, placed: Sequence[tuple[int, Mapping[str, Any]]]) -> str:
    """Where a fault of one region's rows stands in the whole list."""
    parts = name.split(".")
    if len(parts) == 3:
        return f"permitted_hours.{placed[int(parts[1])][0]}.{parts[2]}"
    return f"permitted_hours.{placed[0][0]}.region" if name == "region" else "permitted_hours"
