"""How many requests a key may make: counted in the cache, which fails open, so that no request waits for it."""

import time
from collections import defaultdict
from dataclasses import dataclass
from math import ceil
from threading import Lock

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from contacts.rest.keys import Caller

LIMIT = 6_000
WINDOW = 60
SHARE = 20
"""The cache is told of this many requests at once; near the limit, of each."""
NEAR = LIMIT - 500


@dataclass(slots=True)
class Tally:
    """What this process let through for one key: what the cache knows of everybody's, and what it was not told."""

    known: int = 0
    untold: int = 0
    told_at: float = 0.0


class KeyThrottle(BaseThrottle):
    """`LIMIT` requests in the `WINDOW` that begins with a key's first. Processes may exceed it by a `SHARE` each."""

    tallies: defaultdict[int, Tally] = defaultdict(Tally)
    lock = Lock()
    name = ""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = request.auth
        if not isinstance(caller, Caller):
            return True
        self.name = f"requests:{caller.key.pk}"
        tally = self.tallies[caller.key.pk]
        if (news := self._due(tally)) == 0:
            return True
        tally.known = _tell(self.name, news)
        return tally.known <= LIMIT

    def _due(self, tally: Tally) -> int:
        """Count one more; how many the cache is to be told of now."""
        now = time.monotonic()
        with self.lock:
            if now - tally.told_at > WINDOW:
                tally.untold = tally.known = 0
                tally.told_at = now
            tally.untold += 1
            if tally.untold < SHARE and tally.known < NEAR:
                return 0
            news, tally.untold, tally.told_at = tally.untold, 0, now
            return news

    def wait(self) -> float:
        ends = cache.get(f"{self.name}:ends") or time.time() + WINDOW
        return max(1, ceil(ends - time.time()))


def _tell(name: str, news: int) -> int:
    """Add to the window's total; what it comes to."""
    for _ in range(2):
        try:
            return int(cache.incr(name, news))
        except ValueError:
            if cache.add(name, news, WINDOW):
                cache.set(f"{name}:ends", time.time() + WINDOW, WINDOW)
                return news
    return news
