"""Credentials at rest: JSON sealed with the first key of the ring, opened with any of them."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class CannotOpen(RuntimeError):
    """None of the credential keys under HEED_HOME opens this: restore the key ring it was saved with."""


@cache
def ring() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


def seal(value: Any) -> str:
    return ring().encrypt(json.dumps(value).encode()).decode()


def unseal(text: str) -> Any:
    try:
        return json.loads(ring().decrypt(text.encode()))
    except InvalidToken as error:
        raise CannotOpen(CannotOpen.__doc__) from error


if TYPE_CHECKING:
    AnyText = models.TextField[Any, Any]
else:
    AnyText = models.TextField


class EncryptedJSONField(AnyText):
    """A JSON value whose column never holds plain text."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        return seal(value)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None else unseal(value)

    def to_python(self, value: Any) -> Any:
        return value
