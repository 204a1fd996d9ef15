"""Make .venv and install the locked packages in it, once for each state of the lock.

Runs on any Python 3.11 or newer before anything else is there, so it uses the standard library alone.
Usage: install.py LOCK...
"""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# Without these Heed can still use the servers of the machine, and says so itself if there are none.
REPLACEABLE = {"postgresql": "DATABASE_URL", "valkey": "REDIS_URL"}


def main(locks: list[str]) -> None:
    os.chdir(ROOT)
    with open(ROOT / ".venv.lock", "w") as guard:
        # `make run` and `make test` may be the first two commands on a machine, and start together.
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not usable():
            step("Making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])
        missing = [lock for lock in locks if not stamp(lock).exists() and not elsewhere(lock)]
        # All at once is quicker; one by one is what a platform without some wheel needs.
        if missing and not install(missing, may_fail=True):
            for lock in missing:
                install([lock], may_fail=lock in REPLACEABLE)


def usable() -> bool:
    try:
        command = [str(PYTHON), "-c", "import pip, sys; assert sys.version_info >= (3, 11)"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def stamp(lock: str) -> Path:
    digest = hashlib.sha256(Path(f"requirements/{lock}.txt").read_bytes()).hexdigest()[:16]
    return VENV / f".installed-{lock}-{digest}"


def elsewhere(lock: str) -> bool:
    """Whether the server in this lock is one that the environment names already."""
    return lock in REPLACEABLE and bool(os.environ.get(REPLACEABLE[lock]))


def install(locks: list[str], *, may_fail: bool) -> bool:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--require-hashes", *(word for lock in locks for word in ("-r", f"requirements/{lock}.txt"))]
    if not step(f"Installing packages ({', '.join(locks)})", command, may_fail=may_fail):
        return False
    for lock in locks:
        for old in VENV.glob(f".installed-{lock}-*"):
            old.unlink()
        stamp(lock).touch()
    return True


def step(title: str, command: list[str], *, may_fail: bool = False) -> bool:
    print(f"{title} …", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        print(f"{title}: {time.monotonic() - started:.1f} s", flush=True)
        return True
    if may_fail:
        print(f"{title} failed: {reason(done.stderr + done.stdout)}", flush=True)
        return False
    sys.exit(f"{title} failed: {reason(done.stderr + done.stdout)}")


def reason(output: str) -> str:
    """The line that says why, out of everything that pip or venv say."""
    if "No space left on device" in output:
        return "the disk is full."
    if "ensurepip" in output:
        return "this Python has no ensurepip; on Debian and Ubuntu install the package python3-venv."
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error") or "Error:" in line]
    return (errors or lines or ["no reason given."])[-1]


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 -- this is what tells those who have an older one
        sys.exit(
            f"Heed needs Python 3.11 or newer; this is {sys.version.split()[0]}. Set PYTHON to another one."
        )
    # Ending as Ctrl-C does takes pip along; the default would leave it behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main(sys.argv[1:])
    except OSError as problem:
        sys.exit(f"Cannot set up .venv: {problem}.")
    except KeyboardInterrupt:
        sys.exit(130)
