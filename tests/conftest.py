"""A PostgreSQL and a Valkey of the test run's own, then Django, then what all tests share.

This runs before Django reads its settings, which is why they are named here and not in pyproject.toml.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.supervisor.servers import servers

until_the_end = ExitStack()
BROWSER_FLAGS = [
    "--no-sandbox",  # which Chromium needs as root
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def _boot() -> None:
    """Once, in the process that was started by hand: pytest-xdist's workers inherit its environment."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    # SIGTERM, as Ctrl-C does, takes along whatever the tests have started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = Path(tempfile.mkdtemp(prefix="heed-test-"))
    until_the_end.callback(shutil.rmtree, home, ignore_errors=True)
    home.chmod(0o711)  # PostgreSQL may run as another user, who has to pass through
    (home / "static").mkdir()
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
    from django.conf import settings
    from django.test import override_settings

    # Nothing is collected here: pages name the files as they lie in the sources.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    until_the_end.enter_context(override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}))
except BaseException:
    until_the_end.close()
    raise


from django.db import connections, transaction  # noqa: E402
from django.db.backends.postgresql.operations import DatabaseOperations  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from pytest_django import DjangoDbBlocker  # noqa: E402


def pytest_unconfigure(config: pytest.Config) -> None:
    # Ending is bounded; interrupted, it would leave its folder behind.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    until_the_end.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is checked (CI=true), a browser test that could not run has failed."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") and os.environ.get("CI") == "true":
        report.outcome = "failed"
    return report


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


@pytest.fixture
def folder() -> Iterator[Path]:
    """For servers: pytest's own folders are closed to other users again whenever somebody starts another pytest."""
    with tempfile.TemporaryDirectory(prefix="heed-test-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.fixture(scope="session")
def browser(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Browser]:
    """The system's Chromium: Playwright's own would be a download of its own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("There is no Chromium on this machine.")
    # Playwright runs an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        yield browser
        browser.close()
        # While that loop runs, Django keeps a connection of its own for it, which nobody would close afterwards.
        with django_db_blocker.unblock():
            connections.close_all()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh browser, signed in to nothing; an error in its console or scripts fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
