"""Both listeners, from start to end."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass

from aiohttp import web

from messaging.simulator import mail
from messaging.simulator.control import Control
from messaging.simulator.endpoint import Endpoint
from messaging.simulator.simulation import Simulation
from messaging.simulator.twilio_api import TwilioApi

# A handler that waits is woken by `stopping`; this is for what is being written.
SECONDS_TO_FINISH = 1.0


@dataclass(frozen=True)
class Options:
    host: str
    http_port: int
    smtp_port: int
    keep: int


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT. OSError when a port cannot be had."""
    loop = asyncio.get_running_loop()
    simulation = Simulation(options.keep)
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, simulation.stopping.set)
    runner = _http_runner(simulation)
    try:
        await runner.setup()
        await web.TCPSite(runner, options.host, options.http_port).start()
        smtp = await loop.create_server(
            lambda: mail.connection(simulation, loop), options.host, options.smtp_port
        )
        simulation.progress.start()
        http_port, smtp_port = runner.addresses[0][1], smtp.sockets[0].getsockname()[1]
        print(f"ready http={http_port} smtp={smtp_port}", flush=True)
        await simulation.stopping.wait()
        smtp.close()
    finally:
        await simulation.close()
        await runner.cleanup()


def _http_runner(simulation: Simulation) -> web.AppRunner:
    app = web.Application()
    for part in (TwilioApi(simulation), Endpoint(simulation), Control(simulation)):
        app.add_routes(part.routes())
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=SECONDS_TO_FINISH,
        # A handler that waits does not outlive its client.
        handler_cancellation=True,
    )
