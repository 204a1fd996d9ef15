"""The database of a process that was told of none: fine until somebody asks it something."""

from typing import Any, NoReturn

from django.db import OperationalError
from django.db.backends.postgresql import base

SENTENCE = "No database: start Heed with `make run`, or set DATABASE_URL."


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        return {}

    def get_new_connection(self, conn_params: dict[str, Any]) -> NoReturn:
        raise OperationalError(SENTENCE)
