"""Who calls: the API key in `Authorization: Bearer KEY` fixes business and role."""

from dataclasses import dataclass
from functools import cached_property

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from contacts.actors import Actor
from contacts.models import ApiKey, Business
from contacts.services import keys
from contacts.words import Source


@dataclass
class Caller:
    """The program behind a request. It stands where REST framework keeps the user."""

    key: ApiKey
    is_authenticated = True
    pk = None

    @property
    def business(self) -> Business:
        return self.key.business

    @property
    def role(self) -> str:
        return self.key.role

    @cached_property
    def actor(self) -> Actor:
        return Actor(source=Source.API.value, label=self.key.name, role=self.key.role)


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, Caller]:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise AuthenticationFailed("Send your API key as “Authorization: Bearer KEY”.", "key_required")
        key = keys.find(text.strip())
        if key is None:
            raise AuthenticationFailed("This API key is unknown or was revoked.", "key_unknown")
        caller = Caller(key)
        return caller, caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
