"""Broadcasts before they are sent: made, changed and thrown away by managers."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from contacts.actors import Actor
from contacts.models import Business
from contacts.services.errors import Conflict, RoleRequired
from contacts.words import Role, role_reaches
from messaging.broadcasting import checking
from messaging.models import Broadcast

FIELDS = (
    "name", "kind", "audience", "include_dead", "text", "call", "email_subject", "email_body", "window_opens",
    "window_closes", "per_minute",
)  # fmt: skip


def only_managers(by: Actor) -> None:
    if not role_reaches(by.role, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)


def create(*, business: Business, data: Mapping[str, Any], by: Actor) -> Broadcast:
    """A draft with these of FIELDS. Raises RoleRequired, or Invalid for what sending would refuse."""
    only_managers(by)
    made = Broadcast(business=business, created_by=by.label[:200])
    _fill(made, data)
    made.save()
    return made


@transaction.atomic
def update(*, broadcast: Broadcast, data: Mapping[str, Any], by: Actor) -> Broadcast:
    """Change a draft; what is left out stays. Raises RoleRequired, Invalid, or Conflict when it is no draft."""
    only_managers(by)
    current = draft(broadcast)
    _fill(current, data)
    current.save()
    return current


@transaction.atomic
def delete(*, broadcast: Broadcast, by: Actor) -> None:
    """Throw a draft away. What has been sent stays: its history is people's history."""
    only_managers(by)
    draft(broadcast).delete()


def draft(broadcast: Broadcast) -> Broadcast:
    """The broadcast as it is now, locked. Raises Conflict when it is no draft."""
    current = (
        Broadcast.objects.select_for_update(of=("self",)).select_related("business").get(pk=broadcast.pk)
    )
    if current.state != Broadcast.State.DRAFT:
        raise Conflict(
            "not_a_draft", f"It is {current.get_state_display().lower()}: only a draft can be changed."
        )
    return current


def _fill(broadcast: Broadcast, data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        setattr(broadcast, name, value.strip() if name == "name" else value)
    checking.check(broadcast)
