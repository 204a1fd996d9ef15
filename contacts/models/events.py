"""What happened to a contact: the outbox that starts workflows and the timeline that staff read, in one table."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models.business import Business
from contacts.models.contact import Contact
from contacts.words import Source


class EventKind(models.TextChoices):
    CONTACT_CREATED = "contact_created", "Contact created"
    CONTACT_UPDATED = "contact_updated", "Contact updated"
    CONTACT_DELETED = "contact_deleted", "Contact deleted"
    CONTACT_MERGED = "contact_merged", "Contact merged"
    CONTACT_DND = "contact_dnd", "DND changed"
    DO_NOT_CONTACT = "do_not_contact_changed", "Do Not Contact changed"
    TAG_ADDED = "tag_added", "Tag added"
    TAG_REMOVED = "tag_removed", "Tag removed"
    STATUS_CHANGED = "status_changed", "Status changed"
    MESSAGE_RECEIVED = "message_received", "Message received"
    ACTION_RUN = "action_run", "Action run"
    INBOUND_BLOCKED = "inbound_blocked", "Inbound blocked"
    MESSAGE_FAILED = "message_failed", "Message failed"
    EMAIL_EVENT = "email_event", "Email event"
    ENROLLMENT = "enrollment", "Workflow"


class Event(models.Model):
    """One thing that happened, written in the transaction in which it did.

    `pending` events wait for the dispatcher, which finds them by that state and by nothing else.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waits for workflows to be started"
        DISPATCHED = "dispatched", "Workflows were started"
        RECORDED = "recorded", "For the timeline only"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="events", db_index=False)
    kind = models.CharField(max_length=24, choices=EventKind)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    source = models.CharField(max_length=8, choices=Source)
    actor = models.CharField(max_length=200, blank=True)
    summary = models.CharField(max_length=400)
    data = models.JSONField(default=dict, blank=True, help_text="What triggers filter on.")
    tags = ArrayField(
        models.CharField(max_length=200),
        default=list,
        help_text="The contact's tags when it happened.",
    )
    depth = models.PositiveSmallIntegerField(default=0, help_text="How many workflows stand behind it.")
    cause_workflow = models.BigIntegerField(null=True, blank=True)
    cause_enrollment = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(name="events_to_dispatch", fields=["id"], condition=Q(state="pending")),
            models.Index(name="events_of_a_contact", fields=["contact", "-at", "-id"]),
        ]

    def __str__(self) -> str:
        return self.summary
