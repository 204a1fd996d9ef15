"""What every resource of the REST API has in common: who may, what is read of a request, whose rows are seen."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from contacts.actors import Actor
from contacts.models import Business
from contacts.rest import bodies, fields, problems
from contacts.rest.fields import ListQuery, Strict, number_of
from contacts.rest.keys import Caller, KeyAuthentication
from contacts.rest.throttling import KeyThrottle
from contacts.services.errors import RoleRequired
from contacts.words import Role, role_reaches


class OnlyJson(BaseContentNegotiation):
    """Whatever a client says that it accepts, the answer is JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class LeastRole(BasePermission):
    """The role that a resource asks for an action, held against the key before anything else is looked at."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        least = getattr(view, "least_role", {}).get(getattr(view, "action", None), Role.STAFF.value)
        if isinstance(request.auth, Caller) and not role_reaches(request.auth.role, least):
            raise RoleRequired(least)
        return True


class Resource(ViewSetMixin, APIView):
    """One resource: a method for each action. `least_role` names the actions that not every role may do."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [LeastRole]
    throttle_classes = [KeyThrottle]
    content_negotiation_class = OnlyJson
    metadata_class = None
    least_role: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        bodies.refuse_large(request._request)

    @property
    def allowed_methods(self) -> list[str]:
        return [name for name in super().allowed_methods if name != "OPTIONS"]

    @property
    def caller(self) -> Caller:
        if not isinstance(self.request.auth, Caller):
            raise exceptions.NotAuthenticated
        return self.request.auth

    @property
    def business(self) -> Business:
        return self.caller.business

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    def body(self, shape: type[Strict]) -> dict[str, Any]:
        """The request's body in this shape. Raises a problem that names each field that does not fit."""
        return dict(fields.shape(shape).run_validation(bodies.read(self.request)))

    def no_body(self) -> None:
        """For an action that takes nothing: an empty body or an empty object."""
        for name in bodies.read(self.request, optional=True):
            raise problems.fault(name, "There is no such field.", "unknown")

    def query(self, shape: type[Strict] = ListQuery) -> dict[str, Any]:
        """The query's parameters in this shape, each given once."""
        given = self.request.query_params
        for name, values in given.lists():
            if len(values) > 1:
                raise problems.fault(name, "This is given twice: give it once.", "doubled")
        return dict(fields.shape(shape).run_validation(given.dict()))


def row(text: str) -> int:
    """The number behind an id in an address; 404 for what never was an id."""
    number = number_of(text)
    if number is None:
        raise Http404
    return number
