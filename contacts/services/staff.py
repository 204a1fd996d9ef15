"""Who works in a business: memberships, teams, and starting a business in the first place."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from contacts.actors import Actor
from contacts.models import Business, Membership, Team, User
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Role, role_reaches

ENTERPRISE = Role.ENTERPRISE.value


def need_enterprise(by: Actor) -> None:
    if not role_reaches(by.role, ENTERPRISE):
        raise RoleRequired(ENTERPRISE)


@transaction.atomic
def found_business(*, name: str, by: User) -> Business:
    """A new business whose first enterprise user is `by`, who manages the installation."""
    if not by.is_superuser:
        raise RoleRequired("superuser")
    if not name.strip():
        raise Invalid({"name": "A business needs a name."})
    business = Business.objects.create(name=name.strip()[:200], slug=_free_slug(name))
    Membership.objects.create(business=business, user=by, role=ENTERPRISE)
    return business


def _free_slug(name: str) -> str:
    stem = slugify(name)[:50] or "business"
    taken = set(Business.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(
        slug for slug in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken
    )


@transaction.atomic
def add(*, business: Business, email: str, name: str, role: str, by: Actor) -> tuple[Membership, bool]:
    """Give somebody a role, by email; whether an account was made for them, which has no password yet."""
    need_enterprise(by)
    email = email.strip().lower()
    errors = {} if role in Role.values else {"role": f"Choose one of {', '.join(Role.values)}."}
    try:
        validate_email(email)
    except ValidationError:
        errors["email"] = "This is not an email address: give one such as ada@example.org."
    if errors:
        raise Invalid(errors)
    user, made = User.objects.get_or_create(
        email=email, defaults={"name": name.strip()[:200], "password": "!"}
    )
    try:
        with transaction.atomic():
            return Membership.objects.create(business=business, user=user, role=role), made
    except IntegrityError as error:
        raise Invalid({"email": "This person works here already: change their role instead."}) from error


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: Actor) -> None:
    """Raises Conflict `last_enterprise` when nobody with the role enterprise would be left."""
    need_enterprise(by)
    if role not in Role.values:
        raise Invalid({"role": f"Choose one of {', '.join(Role.values)}."})
    _refuse_losing_the_last(membership, but_keeps=role == ENTERPRISE)
    Membership.objects.filter(pk=membership.pk).update(role=role)


@transaction.atomic
def remove(*, membership: Membership, by: Actor) -> None:
    """Take somebody out of the business and of its teams; their account stays. Raises Conflict `last_enterprise`."""
    need_enterprise(by)
    _refuse_losing_the_last(membership, but_keeps=False)
    for team in Team.objects.filter(business=membership.business_id, members=membership.user_id):
        team.members.remove(membership.user_id)
    Membership.objects.filter(pk=membership.pk).delete()


def _refuse_losing_the_last(membership: Membership, *, but_keeps: bool) -> None:
    """Under the business's lock, so that two of the last two cannot go at once."""
    Business.objects.select_for_update(no_key=True).get(pk=membership.business_id)
    others = Membership.objects.filter(business=membership.business_id, role=ENTERPRISE).exclude(
        pk=membership.pk
    )
    if not but_keeps and membership.role == ENTERPRISE and not others.exists():
        raise Conflict(
            "last_enterprise", "Somebody must keep the role enterprise: give it to somebody else first."
        )


@transaction.atomic
def save_team(*, business: Business, team: Team | None, name: str, members: Iterable[int], by: Actor) -> Team:
    """Make a team or bring it to this name and these people (ids of memberships)."""
    need_enterprise(by)
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise Invalid({"name": "A team needs a name of 1 to 200 characters."})
    same = Team.objects.filter(business=business, name__iexact=name)
    if same.exclude(pk=team.pk).exists() if team else same.exists():
        raise Invalid({"name": "Another team has this name: choose another."})
    team = team or Team(business=business)
    team.name = name
    team.save()
    people = Membership.objects.filter(business=business, pk__in=list(members))
    team.members.set(people.values_list("user_id", flat=True))
    return team


def delete_team(*, team: Team, by: Actor) -> None:
    need_enterprise(by)
    team.delete()
