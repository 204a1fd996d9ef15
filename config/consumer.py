"""How a worker waits for the broker to come back."""

from functools import partial
from typing import Any

from celery.worker import consumer


class Consumer(consumer.Consumer):
    def ensure_connected(self, conn: Any) -> Any:
        """Ask every other second. Celery's own pause grows to half a minute, which due work would then wait."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=0.5, interval_step=0.5, interval_max=1.5
        )
        return super().ensure_connected(conn)
