"""An endpoint that takes messages as JSON, if they are signed with its secret: what a business might run itself."""

from __future__ import annotations

import json
import time

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from messaging.simulator import magic
from messaging.simulator.magic import Answer
from messaging.simulator.records import Json, PhoneRecord
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import new_sid

SECRET = "whsec_aGVlZC1wcm92aWRlci1zaW11bGF0b3ItMDE="  # noqa: S105 - it guards nothing: the simulator is a stand-in
FIELDS = ("id", "channel", "to", "body")


class Endpoint:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._webhook = Webhook(SECRET)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/endpoint", self._take)]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        began_at = time.time()
        told = self._verified(await request.read(), dict(request.headers))
        if told is None:
            return _no(401, "The signature does not match.")
        if not all(isinstance(told.get(name), str) and told[name] for name in FIELDS):
            return _no(400, f"A message has {', '.join(FIELDS)}.")
        failure = self._simulation.settings.take_http_failure()
        chosen = magic.for_phone(str(told["to"]), "http")
        refusal = failure.refusal if failure else chosen.refusal
        if refusal and not (failure and failure.accept):
            return _no(refusal.status, refusal.message, refusal.retry_after)
        self._keep(told, began_at)
        if refusal:
            return _no(refusal.status, refusal.message)
        return await self._answer(request, chosen.answer)

    def _verified(self, body: bytes, headers: dict[str, str]) -> Json | None:
        try:
            self._webhook.verify(body, headers, json_parse=False)
            told = json.loads(body)
        except (WebhookVerificationError, ValueError, TypeError):
            return None
        return told if isinstance(told, dict) else None

    def _keep(self, told: Json, began_at: float) -> None:
        self._simulation.store.add_phone(
            PhoneRecord(
                id=new_sid("HP"),
                kind="http",
                account_sid="",
                to=str(told["to"]),
                sender="",
                body=str(told["body"]),
                began_at=began_at,
                received_at=time.time(),
                direction="outbound-api",
                status="accepted",
                params=(("id", str(told["id"])), ("channel", str(told["channel"]))),
            )
        )

    async def _answer(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer is Answer.SLOW:
            await self._simulation.hold(magic.SLOW_SECONDS)
        if answer is Answer.HANG:
            await self._simulation.hold(magic.HANG_SECONDS)
        if answer in (Answer.HANG, Answer.CLOSE) and request.transport is not None:
            request.transport.close()
        return web.json_response({"accepted": True}, status=202)


def _no(status: int, sentence: str, retry_after: int | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.json_response({"error": sentence}, status=status, headers=headers)
