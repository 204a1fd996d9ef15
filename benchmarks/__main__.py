"""Boots servers as `make run` does (the database waits for the disk), migrates, measures, prints the table.

Each benchmark has servers of its own, so that none meets what another has left.
"""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import result
from config.supervisor.servers import servers

NAMES = (
    "engine",
    "delivery",
    "dnd_change",
    "inbound_webhooks",
    "audience",
    "import",
    "export",
    "contact_page",
    "bulk_dnd",
    "ledger_at_scale",
)
MODULES = {"import": "importing", "export": "exporting"}
"""Where a benchmark's own name cannot be a module's."""


def main() -> int:
    wanted = sys.argv[1:] or list(NAMES)
    if unknown := set(wanted) - set(NAMES):
        print(
            f"Unknown benchmark {min(unknown)!r}: choose from {', '.join(NAMES)}.",
            file=sys.stderr,
        )
        return 2
    return alone(wanted[0]) if len(wanted) == 1 else one_by_one(wanted)


def one_by_one(wanted: list[str]) -> int:
    """Whatever becomes of one, the others are measured, and what they came to is kept."""
    if wanted == list(NAMES):
        result.LATEST.unlink(missing_ok=True)
    failed = [
        name for name in wanted if subprocess.run([sys.executable, "-m", "benchmarks", name]).returncode
    ]
    print(result.table(result.kept()))
    if failed:
        print(f"Below a floor, or failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def alone(name: str) -> int:
    with tempfile.TemporaryDirectory(prefix="heed-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with servers(home, durable=True) as own:
            os.environ |= {
                "DATABASE_URL": own.database_url,
                "REDIS_URL": own.redis_url,
                "HEED_HOME": str(home),
                "HEED_ALLOW_PRIVATE_NETWORKS": "1",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
            return measure(name, home)


def measure(name: str, home: Path) -> int:
    """Django may be loaded only now that the environment says where the servers are."""
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import running

    call_command("migrate", verbosity=0)
    print(f"measuring {name} …", flush=True)
    with running.Bench(home) as bench:
        rows = importlib.import_module(f"benchmarks.{MODULES.get(name, name)}").measure(bench)
    result.keep(rows)
    print(result.table(rows), flush=True)
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
