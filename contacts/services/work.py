"""Tasks, notes and notifications, written for many at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts import locks, rows
from contacts.models import (
    Membership,
    Note,
    Notification,
    NotificationRead,
    Task,
    Team,
    User,
)
from contacts.words import Role

ROLE_PLURALS = {
    "staff": Role.STAFF.value,
    "managers": Role.MANAGER.value,
    "enterprise": Role.ENTERPRISE.value,
    "enterprises": Role.ENTERPRISE.value,
}


def create_tasks(business: int, tasks: Iterable[tuple[int, str, datetime | None, str]]) -> None:
    """Insert tasks, each (contact, title, due, by whom)."""
    at = locks.now()
    rows.insert(
        Task,
        ("business_id", "contact_id", "title", "due_at", "created_by", "created_at"),
        [(business, contact, title[:200], due, by[:200], at) for contact, title, due, by in tasks],
    )


def complete_task(task: Task) -> None:
    """Mark it done; doing so twice keeps the first time."""
    Task.objects.filter(pk=task.pk, done_at=None).update(done_at=locks.now())


def add_note(*, business: int, contact: int, author: User, text: str) -> Note:
    return Note.objects.create(business_id=business, contact_id=contact, author=author, text=text)


def audience_of(business: int, to: str) -> str | None:
    """`role:manager`, `team:NAME` or `user:EMAIL` for a step's `to`; None when there is no such role, team or user."""
    if to in ROLE_PLURALS:
        return f"role:{ROLE_PLURALS[to]}"
    kind, _, name = to.partition(":")
    if kind == "team":
        team = Team.objects.filter(business=business, name__iexact=name).first()
        return f"team:{team.name}" if team else None
    if kind == "user":
        member = Membership.objects.filter(business=business, user__email__iexact=name).select_related("user")
        return f"user:{found.user.email}" if (found := member.first()) else None
    return None


def notify(business: int, notifications: Sequence[tuple[str, str, int | None]]) -> None:
    """Insert notifications, each (audience as `audience_of` gives it, message, contact)."""
    at = locks.now()
    rows.insert(
        Notification,
        ("business_id", "audience", "message", "contact_id", "created_at"),
        [(business, audience, message[:2000], contact, at) for audience, message, contact in notifications],
    )


def unread_by(membership: Membership) -> QuerySet[Notification]:
    """What this person has been told in this business and has not read, newest first."""
    user = membership.user
    teams = Team.objects.filter(business=membership.business_id, members=user).values_list("name", flat=True)
    mine = Q(audience=f"role:{membership.role}") | Q(audience=f"user:{user.email}")
    mine |= Q(audience__in=[f"team:{name}" for name in teams])
    read = NotificationRead.objects.filter(notification=OuterRef("pk"), user=user)
    return Notification.objects.filter(mine, ~Exists(read), business=membership.business_id).order_by("-id")


def mark_read(user: User, notifications: Iterable[int]) -> None:
    NotificationRead.objects.bulk_create(
        [NotificationRead(notification_id=pk, user=user) for pk in notifications],
        ignore_conflicts=True,
    )
