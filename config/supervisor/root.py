"""PostgreSQL refuses to run as root. Started by root, it runs as a system user who owns only its data."""

import contextlib
import pwd
import stat
import subprocess
from pathlib import Path

from config.supervisor.problems import Problem
from config.supervisor.terminal import say

NAMES = ("embedded_postgres", "postgres", "nobody")
PASS = stat.S_IXGRP | stat.S_IXOTH


def unprivileged(folder: Path) -> tuple[int, int]:
    """Whoever owns the data already; else the first of the usual users that this machine has."""
    if folder.exists() and folder.stat().st_uid:
        return folder.stat().st_uid, folder.stat().st_gid
    for name in NAMES:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise Problem(
        "PostgreSQL does not run as root, and this machine has no user `postgres` or `nobody`: start Heed as one"
    )


def let_in(user: tuple[int, int], programs: Path, folder: Path) -> None:
    """Let that user pass through the folders above, which it must to reach its programs and its data."""
    for path in (programs, folder):
        for above in path.parents:
            if above.exists() and not above.stat().st_mode & stat.S_IXOTH:
                say(
                    f"  PostgreSQL runs as the user {pwd.getpwuid(user[0]).pw_name}, who may now pass through {above}"
                )
                above.chmod(above.stat().st_mode | PASS)
    try:
        subprocess.run(
            [programs / "postgres", "--version"], user=user[0], group=user[1], extra_groups=[], cwd="/",
            check=True, capture_output=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise Problem(f"The user for PostgreSQL cannot run {programs / 'postgres'}", str(error)) from error
