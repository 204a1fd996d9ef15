from contacts.models.business import ApiKey, Business, Membership, Team, User
from contacts.models.contact import (
    POINT_OF_CHANNEL,
    Contact,
    ContactPoint,
    ContactTag,
    FormerAddress,
    PointKind,
    Tag,
)
from contacts.models.events import Event, EventKind
from contacts.models.imports import Import, ImportPiece, ImportRow
from contacts.models.jobs import Job, JobFile, JobQuerySet, JobRefusal, JobState
from contacts.models.pipeline import RECORD_TYPES, Colour, Pipeline, Status, SystemStatus
from contacts.models.preferences import Method, Preference, Sync
from contacts.models.work import Note, Notification, NotificationRead, Task

__all__ = [
    "POINT_OF_CHANNEL",
    "RECORD_TYPES",
    "ApiKey",
    "Business",
    "Colour",
    "Contact",
    "ContactPoint",
    "ContactTag",
    "Event",
    "EventKind",
    "FormerAddress",
    "Import",
    "ImportPiece",
    "ImportRow",
    "Job",
    "JobFile",
    "JobQuerySet",
    "JobRefusal",
    "JobState",
    "Membership",
    "Method",
    "Note",
    "Notification",
    "NotificationRead",
    "Pipeline",
    "PointKind",
    "Preference",
    "Status",
    "Sync",
    "SystemStatus",
    "Tag",
    "Task",
    "Team",
    "User",
]
