"""Contacts over REST: the resource that shows what several apps know of one person, and its timeline."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.desk import timeline
from config.desk.chat_ids import ChatIdsIn, WithChatIds
from config.desk.contact_bodies import ContactStatus, EraseIn, MergeIn
from contacts.models import Contact, ContactPoint, PointKind
from contacts.rest import paging, problems
from contacts.rest.fields import Choice, Flag, Id, ListQuery, Moment, Strict, Text, shape
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.services import erasing, merging, people, statuses, tags
from contacts.services.errors import Invalid
from contacts.words import LineType, Role, Source
from dnd import audience, flags
from dnd.audience import ContactQuery, Wanted
from dnd.models import Standing, State

MOST_PHONES = 20
MOST_TAGS = 100
LONGEST_EMAIL = 254
NO_STANDING = Standing()


class PhoneOut(serializers.ModelSerializer[ContactPoint]):
    number = serializers.CharField(source="value", help_text="E.164")

    class Meta:
        model = ContactPoint
        fields = ("number", "label", "line_type", "preferred")


class ContactOut(WithChatIds):
    id = Id()
    email = serializers.SerializerMethodField()
    phones = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    status = Id(source="status_id", allow_null=True)
    dnd_state = serializers.SerializerMethodField()
    do_not_contact = serializers.SerializerMethodField()

    class Meta:
        model = Contact
        fields = (
            "id", "first_name", "last_name", "email", "phones", "timezone", "external_id", "tags", "status",
            "dnd_state", "do_not_contact", "facebook_id", "gmb_id",
        )  # fmt: skip

    def get_email(self, contact: Contact) -> str | None:
        return next((p.value for p in contact.points.all() if p.kind == PointKind.EMAIL), None)

    @extend_schema_field(PhoneOut(many=True))
    def get_phones(self, contact: Contact) -> list[dict[str, Any]]:
        return [
            {"number": p.value, "label": p.label, "line_type": p.line_type, "preferred": p.preferred}
            for p in contact.points.all()
            if p.kind == PointKind.PHONE
        ]

    def get_tags(self, contact: Contact) -> list[str]:
        return sorted(link.tag.name for link in contact.tag_links.all())

    @extend_schema_field(Choice(State.values))
    def get_dnd_state(self, contact: Contact) -> str:
        return flags.state_of(_standing(contact).outbound)

    def get_do_not_contact(self, contact: Contact) -> bool:
        return _standing(contact).do_not_contact


def _standing(contact: Contact) -> Standing:
    return cast("Standing", getattr(contact, "standing", NO_STANDING))


class TagName(Text):
    default_error_messages: ClassVar = {"blank": "A tag needs 1 to 200 characters."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return tags.clean(super().to_internal_value(data))
        except Invalid as error:
            raise serializers.ValidationError(str(error)) from error


def tag_names() -> serializers.ListField:
    return serializers.ListField(child=TagName(), max_length=MOST_TAGS, required=False)


class PhoneIn(Strict):
    number = Text(allow_blank=False, help_text="E.164, or as dialled in the business's country.")
    label = Text(required=False, max_length=40)  # type: ignore[assignment]
    line_type = Choice(LineType.values, required=False, help_text="Looked up when left out.")
    preferred = Flag(required=False, help_text="At most one phone is preferred.")


class ContactIn(ChatIdsIn):
    """What is left out stays as it is; in a new contact it is empty."""

    first_name = Text(required=False)
    last_name = Text(required=False)
    email = Text(required=False, allow_null=True, max_length=LONGEST_EMAIL)
    phones: Any = serializers.ListSerializer(child=PhoneIn(), required=False, max_length=MOST_PHONES)
    phone = Text(required=False, allow_null=True, help_text="Short for one number instead of `phones`.")
    timezone = Text(required=False, max_length=60, help_text="Such as America/New_York.")
    external_id = Text(required=False, allow_null=True)
    tags = tag_names()

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "phone" in data and "phones" in data:
            raise serializers.ValidationError({"phone": "Give either phone or phones."})
        if len((data.get("email") or "").lower()) > LONGEST_EMAIL:
            raise serializers.ValidationError({"email": f"An email has at most {LONGEST_EMAIL} characters."})
        return data


class TagsIn(Strict):
    add = tag_names()
    remove = tag_names()


class TimelineItem(serializers.Serializer[timeline.Item]):
    at = Moment()
    kind = serializers.CharField()
    summary = serializers.CharField(help_text="Such as: DND enabled by user for SMS and Email")
    source = serializers.ChoiceField(choices=Source.values)  # type: ignore[assignment]
    actor = serializers.CharField()
    detail = serializers.CharField()


ADA = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.org",
    "phones": [{"number": "+14155550100", "label": "mobile", "preferred": True}],
    "timezone": "America/Los_Angeles",
    "external_id": "MRN-1",
    "tags": ["vip"],
}
CONFLICT = {409: problem("Another contact has this external id (`external_id_taken`).")}


class Contacts(Resource):
    """The people that the business talks to."""

    tag = "contacts"
    least_role: ClassVar = {"erase": Role.ENTERPRISE.value}

    @extend_schema(parameters=[ContactQuery], responses=page_of("ContactPage", ContactOut))
    def list(self, request: Request) -> Response:
        query = self.query(ContactQuery)
        found = audience.matching(self.business, cast("Wanted", query))
        page = paging.page_of(request, shown(found), query)
        return Response(page.body(shape(ContactOut).to_representation))

    @extend_schema(request=ContactIn, responses={201: ContactOut} | CONFLICT, examples=example(ADA))
    def create(self, request: Request) -> Response:
        made = people.create(business=self.business, data=self._data(), by=self.actor)
        return Response(self._show(made.pk), status=201)

    @extend_schema(responses=ContactOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(self._show(self._contact(id).pk))

    @extend_schema(
        request=ContactIn, responses={200: ContactOut} | CONFLICT, examples=example({"last_name": "Lovelace"})
    )
    def partial_update(self, request: Request, id: str) -> Response:
        contact = self._contact(id)
        people.update(contact=contact, data=self._data(), by=self.actor)
        return Response(self._show(contact.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        people.delete(contact=self._contact(id), by=self.actor)
        return Response(status=204)

    @extend_schema(
        request=TagsIn, responses=ContactOut, examples=example({"add": ["vip"], "remove": ["new"]})
    )
    def tags(self, request: Request, id: str) -> Response:
        contact = self._contact(id)
        wanted = self.body(TagsIn)
        tags.edit(
            business=self.business,
            contact=contact.pk,
            by=self.actor,
            add_names=wanted.get("add", ()),
            remove_names=wanted.get("remove", ()),
        )
        return Response(self._show(contact.pk))

    @extend_schema(
        request=MergeIn,
        responses={200: ContactOut, 409: problem("It was merged already (`already_merged`).")},
        examples=example({"from": "17", "take": ["email"]}),
    )
    def merge(self, request: Request, id: str) -> Response:
        contact = self._contact(id)
        wanted = self.body(MergeIn)
        try:
            merging.merge(
                business=self.business,
                winner=contact.pk,
                loser=wanted["from"],
                take=wanted.get("take", ()),
                by=self.actor,
            )
        except merging.NoSuchOther as error:
            detail = "There is no such contact."
            faults = [problems.Fault("from", "not_found", detail)]
            raise problems.Problem(404, "not_found", f"from: {detail}", faults=faults) from error
        return Response(self._show(contact.pk))

    @extend_schema(
        request=ContactStatus,
        responses={200: ContactOut, 409: problem("It is archived and takes nobody new (`status_archived`).")},
        examples=example({"status": "12"}),
    )
    def status(self, request: Request, id: str) -> Response:
        """Put the contact into a status of any pipeline; asking twice is the same as asking once."""
        contact = self._contact(id)
        wanted = self.body(ContactStatus)["status"]
        statuses.change(business=self.business, contacts=[contact.pk], status=wanted, by=self.actor)
        return Response(self._show(contact.pk))

    @extend_schema(
        request=EraseIn,
        responses={204: None, 409: problem("A message to it is being handed over (`in_flight`).")},
        examples=example({"confirm": "17"}),
    )
    def erase(self, request: Request, id: str) -> Response:
        """Also for a contact that was deleted before. What was merged into it is erased with it."""
        mine = Contact.objects.filter(business=self.business, merged_into=None)
        contact = mine.get(pk=row(id))
        if self.body(EraseIn)["confirm"] != id:
            raise problems.fault("confirm", "Give the contact's id again: this cannot be undone.")
        erasing.erase(business=self.business, contact=contact.pk, by=self.actor)
        return Response(status=204)

    @extend_schema(parameters=[ListQuery], responses=page_of("TimelinePage", TimelineItem))
    def timeline(self, request: Request, id: str) -> Response:
        contact = self._contact(id)
        query = self.query()
        page = timeline.timeline(contact, before=query.get("cursor", ""), limit=query["page_size"])
        return Response(
            {
                "next": paging.address(request, page.next),
                "previous": paging.address(request, page.previous),
                "results": [shape(TimelineItem).to_representation(item) for item in page.items],
            }
        )

    def _contact(self, id: str) -> Contact:
        """Raises 404, which for one who was merged says into whom."""
        try:
            contact = Contact.objects.of(self.business).get(pk=row(id))
        except Contact.DoesNotExist as error:
            gone = Contact.objects.filter(
                business=self.business, pk=row(id), merged_into__isnull=False
            ).first()
            if gone is None:
                raise
            detail = f"This contact is part of contact {gone.merged_into_id} now."
            raise problems.not_found(detail) from error
        contact.business = self.business
        return contact

    def _show(self, contact: int) -> Mapping[str, Any]:
        found = shown(Contact.objects.of(self.business)).get(pk=contact)
        return dict(shape(ContactOut).to_representation(found))

    def _data(self) -> dict[str, Any]:
        data = self.body(ContactIn)
        if "phone" not in data:
            return people.clean(self.business, data)
        number = data.pop("phone")
        try:
            return people.clean(self.business, {**data, "phones": [{"number": number}] if number else []})
        except Invalid as error:
            raise Invalid({_short(field): detail for field, detail in error.errors.items()}) from error


def shown(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """With all that `ContactOut` shows, in the same few queries for one contact as for a page of them."""
    return contacts.select_related("standing").prefetch_related("points", "tag_links__tag")


def _short(field: str) -> str:
    return "phone" if field.startswith("phones.") else field
