"""A PostgreSQL and a Valkey of the test run's own, then Django, then what all tests share.

This runs before Django reads its settings, which is why they are named here and not in pyproject.toml.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.supervisor.servers import servers  # noqa: E402

until_the_end = ExitStack()


def _boot() -> None:
    """Once, in the process that was started by hand: pytest-xdist's workers inherit its environment."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    home = Path(tempfile.mkdtemp(prefix="heed-test-"))
    until_the_end.callback(shutil.rmtree, home, ignore_errors=True)
    os.environ["HEED_HOME"] = str(home)
    os.environ.setdefault("HEED_ALLOW_PRIVATE_NETWORKS", "1")
    if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
        durable = os.environ.get("HEED_TEST_FSYNC") == "1"
        own = until_the_end.enter_context(servers(home, durable=durable))
        os.environ.setdefault("DATABASE_URL", own.database_url)
        os.environ.setdefault("REDIS_URL", own.redis_url)


def _own_redis_database() -> None:
    """Each worker of pytest-xdist gets a database of its own in the broker, as it does in PostgreSQL."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")
    address = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = address._replace(path=f"/{1 + int(worker)}").geturl()


try:
    _boot()
    _own_redis_database()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
except BaseException:
    until_the_end.close()
    raise


from django.db import transaction  # noqa: E402
from django.db.backends.postgresql.operations import DatabaseOperations  # noqa: E402


def pytest_unconfigure(config: pytest.Config) -> None:
    until_the_end.close()


@pytest.fixture(autouse=True, scope="session")
def _the_ledger_may_be_emptied() -> Iterator[None]:
    """The database refuses to empty the ledger, to everybody; between transactional tests it must be."""
    flush = DatabaseOperations.execute_sql_flush

    def past_the_triggers(operations: DatabaseOperations, sql_list: list[str]) -> None:
        with transaction.atomic(using=operations.connection.alias):
            with operations.connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
            flush(operations, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", past_the_triggers)
        yield
