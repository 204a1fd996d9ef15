"""python -m messaging.simulator --http-port N --smtp-port N"""

from __future__ import annotations

import argparse
import asyncio
import sys

from messaging import simulator
from messaging.simulator.server import Options, serve


def main() -> int:
    options = _options()
    try:
        asyncio.run(serve(options))
    except OSError as error:
        print(f"The provider simulator cannot start: {error.strerror or error}.", file=sys.stderr)
        return 1
    return 0


def _options() -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m messaging.simulator",
        description=simulator.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--http-port", type=_port, required=True, help="0 takes a free one")
    parser.add_argument("--smtp-port", type=_port, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--keep", type=_count, default=200_000, help="records of each kind")
    given = parser.parse_args()
    return Options(given.host, given.http_port, given.smtp_port, given.keep)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


if __name__ == "__main__":
    raise SystemExit(main())
