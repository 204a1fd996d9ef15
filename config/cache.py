"""The cache, which holds rate limits and nothing that must last: without its server Heed goes on."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
PAUSE = 1.0


def forgiving(answer: Any) -> Callable[..., Any]:
    """Answer this instead of an error, and after an error ask nothing for a second, so that nobody waits in turn."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(self: "ForgivingRedisCache", *args: Any, **kwargs: Any) -> Any:
            if time.monotonic() < ForgivingRedisCache.asleep_until:
                return answer() if callable(answer) else answer
            try:
                return method(self, *args, **kwargs)
            except RedisError as error:
                ForgivingRedisCache.asleep_until = time.monotonic() + PAUSE
                log.warning("The cache does not answer: %s", type(error).__name__)
                return answer() if callable(answer) else answer

        return call

    return decorate


class ForgivingRedisCache(RedisCache):
    asleep_until = 0.0

    add = forgiving(True)(RedisCache.add)
    set = forgiving(None)(RedisCache.set)
    touch = forgiving(False)(RedisCache.touch)
    delete = forgiving(False)(RedisCache.delete)
    get_many = forgiving(dict)(RedisCache.get_many)
    has_key = forgiving(False)(RedisCache.has_key)
    incr = forgiving(1)(RedisCache.incr)
    set_many = forgiving(list)(RedisCache.set_many)
    delete_many = forgiving(None)(RedisCache.delete_many)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return forgiving(default)(RedisCache.get)(self, key, default, version)
