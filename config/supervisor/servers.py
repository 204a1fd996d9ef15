"""A PostgreSQL and a Valkey for as long as somebody needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.supervisor import leash
from config.supervisor.parts import Leash, Part, Running
from config.supervisor.postgres import Postgres
from config.supervisor.valkey import Valkey


@dataclass(frozen=True)
class Servers:
    database_url: str
    redis_url: str


@contextmanager
def servers(home: Path, *, durable: bool) -> Iterator[Servers]:
    """Both servers on files under this folder, gone with all their processes afterwards, however this one ends.

    Without `durable` the database does not wait for the disk: for data that nobody wants back.
    """
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    postgres, valkey = Postgres(home, durable=durable), Valkey(home)
    postgres.prepare()
    hold = Leash()
    running: list[Running] = []
    try:
        parts: list[Part] = [valkey.part(), postgres.part()]
        running.extend(Running(part, hold, logs) for part in parts)
        for one in running:
            one.wait_ready(30)
        postgres.make_database()
        yield Servers(postgres.url, valkey.url)
    finally:
        leash.stop(one.held() for one in running)
        for one in running:
            one.process.wait()
        hold.close()
