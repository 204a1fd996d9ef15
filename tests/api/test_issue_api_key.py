"""`manage.py issue_api_key`, as a shell script uses it."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection

from contacts.models import ApiKey
from tests.api.conftest import Api
from tests.factories import BusinessFactory

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, on the database of this test."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    words = [sys.executable, "manage.py", "issue_api_key", *arguments]
    environment = {**os.environ, "DATABASE_URL": url}
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_it_prints_the_key_alone_on_a_line_and_the_key_works(transactional_db):
    BusinessFactory(slug="demo")

    done = run("--business", "demo", "--role", "enterprise", "--name", "Booking system")

    assert (done.returncode, done.stderr) == (0, "")
    [key] = done.stdout.splitlines()
    assert Api(key).get("business/").status == 200
    assert ApiKey.objects.get().name == "Booking system"


def test_what_is_wrong_is_a_sentence_on_standard_error_and_exit_1(transactional_db):
    BusinessFactory(slug="demo")

    done = run("--business", "nobody", "--role", "staff")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no business 'nobody': choose one of demo.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--role", "king"], "There is no role 'king': choose one of staff, manager, enterprise."),
        (["--role", "staff", "--name", " "], "A key's name has 1 to 200 characters."),
        (["--role", "staff", "--name", "x" * 201], "A key's name has 1 to 200 characters."),
    ],
)
def test_each_mistake_has_its_own_sentence(db, arguments, says):
    BusinessFactory(slug="demo")

    with pytest.raises(SystemExit, match=says):
        call_command("issue_api_key", "--business", "demo", *arguments)

    assert not ApiKey.objects.exists()
