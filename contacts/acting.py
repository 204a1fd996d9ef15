"""As whom, and in which business, somebody who is signed in acts. The desk's middleware sets it for every request."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from contacts.actors import Actor
from contacts.models import Business, Membership
from contacts.words import Source, role_reaches


@dataclass(frozen=True, slots=True)
class Acting:
    """One membership of a person, which is the one that counts for this request, and all that they have."""

    membership: Membership
    choices: tuple[Membership, ...]


class NoBusiness(PermissionDenied):
    """This person belongs to no business."""


def membership_of(request: HttpRequest) -> Membership:
    acting: Acting | None = getattr(request, "acting", None)
    if acting is None:
        raise NoBusiness(NoBusiness.__doc__)
    return acting.membership


def business_of(request: HttpRequest) -> Business:
    return membership_of(request).business


def actor_of(request: HttpRequest) -> Actor:
    """The person as services know them: their name, and their role in this business."""
    membership = membership_of(request)
    return Actor(
        source=Source.USER.value,
        label=str(membership.user),
        role=membership.role,
        user_id=membership.user_id,
    )


def reaches(request: HttpRequest, role: str) -> bool:
    """Whether this person has at least `role` here. For what a page shows; the services ask again."""
    acting: Acting | None = getattr(request, "acting", None)
    return acting is not None and role_reaches(acting.membership.role, role)
