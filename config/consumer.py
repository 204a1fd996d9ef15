"""How a worker waits for the broker to come back."""

import logging
from functools import partial
from typing import Any

from celery.worker import consumer

log = logging.getLogger(__name__)


class Consumer(consumer.Consumer):
    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Closing what is left of a lost connection may fail, and is no reason for the worker to end.

        kombu 5.7 puts back what was not acknowledged, by a connection that has no address any more. A ring that is
        lost does no harm; by then nothing else is left to do.
        """
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError as error:
            log.warning("The lost connection to the broker could not be closed in order: %s", error)

    def ensure_connected(self, conn: Any) -> Any:
        """Ask every other second. Celery's own pause grows to half a minute, which due work would then wait."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=0.5, interval_step=0.5, interval_max=1.5
        )
        return super().ensure_connected(conn)
