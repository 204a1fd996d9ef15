#!/usr/bin/env python
"""Heed's commands. Without DATABASE_URL they use the servers that `make run` started."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from config.nodatabase.base import SENTENCE


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if str(error) != SENTENCE:
            raise
        sys.exit(SENTENCE)


if __name__ == "__main__":
    main()
