"""The state that the servers share."""

from __future__ import annotations

import asyncio

from messaging.simulator.accounts import Accounts
from messaging.simulator.progress import Progress
from messaging.simulator.settings import Settings
from messaging.simulator.store import Store
from messaging.simulator.webhooks import Webhooks


class Simulation:
    """Made inside a running event loop, which everything here belongs to."""

    def __init__(self, keep: int) -> None:
        self.store = Store(keep)
        self.settings = Settings()
        self.accounts = Accounts()
        self.webhooks = Webhooks()
        self.progress = Progress(self.settings, self.accounts, self.webhooks, limit=keep)
        self.stopping = asyncio.Event()

    def clear(self) -> None:
        """Forget what was accepted and what was still to be said of it; settings stay."""
        self.store.clear()
        self.progress.forget()

    async def hold(self, seconds: float) -> None:
        """Wait, but not past the end of the program."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def close(self) -> None:
        self.stopping.set()
        await self.progress.stop()
        await self.webhooks.close()
