"""Databases of their own, for tests whose rows other processes have to see."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
from django.db import connections
from psycopg2 import sql

from config.keys import BASE
from workflows import versions


def address_of(name: str) -> str:
    """The address of another database on the server of this test run."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextmanager
def migrated() -> Iterator[str]:
    """A database with every table and no rows: the name of a template for others."""
    with made() as name:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--no-input", "--skip-checks", "--verbosity", "0"],
            cwd=BASE, env={**os.environ, "DATABASE_URL": address_of(name)}, check=True, timeout=100,
        )  # fmt: skip
        yield name


@contextmanager
def made(template: str = "template1") -> Iterator[str]:
    """A new database, gone afterwards with everybody who is still connected to it."""
    name = f"test_heed_{uuid.uuid4().hex[:12]}"
    _run("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield name
    finally:
        _run("DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def used_here(name: str) -> Iterator[None]:
    """Let Django in this process work on that database, with real commits."""
    before = connections["default"].settings_dict["NAME"]
    _turn_to(name)
    try:
        yield
    finally:
        _turn_to(before)


def _turn_to(name: str) -> None:
    """What was read from one database and is kept by id means something else in another."""
    versions._frozen.clear()
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = name


def _run(statement: str, *names: str) -> None:
    with closing(psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=10)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
