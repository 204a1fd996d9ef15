"""What programs and people ask the simulator itself."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping

from aiohttp import web

from messaging.simulator import inbound, page
from messaging.simulator.inbound import InboundError
from messaging.simulator.records import EmailRecord, Json, PhoneRecord
from messaging.simulator.settings import SettingError
from messaging.simulator.simulation import Simulation

DEFAULT_LIMIT, LARGEST_LIMIT = 100, 10_000
# So many records are written as JSON before other requests have their turn.
BATCH = 100
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class BadRequest(ValueError):
    """A question that cannot be answered."""


class Control:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._page),
            web.get("/_kept.json", self._kept),
            web.get("/_count.json", self._count),
            web.delete("/_kept", self._clear),
            web.post("/_clear", self._clear),
            web.get("/_settings", self._settings),
            web.post("/_settings", self._change_settings),
            web.post("/_inbound", self._inbound),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        to = _address(request.query)
        html = page.render(self._simulation, to, request.host)
        return web.Response(text=html, content_type="text/html", headers=PAGE_HEADERS)

    async def _kept(self, request: web.Request) -> web.Response:
        try:
            records = self._find(request.query)
        except BadRequest as error:
            return _wrong(str(error))
        found: list[Json] = []
        for start in range(0, len(records), BATCH):
            found.extend(record.as_json() for record in records[start : start + BATCH])
            await asyncio.sleep(0)
        return web.json_response(found)

    def _find(self, query: Mapping[str, str]) -> list[PhoneRecord] | list[EmailRecord]:
        kind = query.get("kind", "sms")
        to, before = _address(query), query.get("before", "")
        since = _seconds(query)
        limit = _limit(query)
        store = self._simulation.store
        if kind == "email":
            return store.emails.newest(to=to, since=since, before=before, limit=limit)
        if kind in ("sms", "call", "http"):
            shelf = store.phone_shelf(kind)
            return shelf.newest(to=to, since=since, before=before, limit=limit)
        raise BadRequest("kind: sms, email, call or http.")

    async def _count(self, request: web.Request) -> web.Response:
        return web.json_response(self._simulation.store.counts)

    async def _clear(self, request: web.Request) -> web.Response:
        self._simulation.clear()
        if "text/html" in request.headers.get("Accept", ""):
            return web.Response(status=303, headers={"Location": "/"})
        return web.json_response(self._simulation.store.counts)

    async def _settings(self, request: web.Request) -> web.Response:
        progress = self._simulation.progress
        status = {"callbacks_waiting": progress.waiting, "callbacks_given_up": progress.given_up}
        return web.json_response({**self._simulation.settings.as_json(), **status})

    async def _change_settings(self, request: web.Request) -> web.Response:
        try:
            self._simulation.settings.update(await _json(request))
        except (BadRequest, SettingError) as error:
            return _wrong(str(error))
        return await self._settings(request)

    async def _inbound(self, request: web.Request) -> web.Response:
        began_at = time.time()
        try:
            order = inbound.read(await _json(request))
            return web.json_response(await inbound.deliver(self._simulation, order, began_at))
        except (BadRequest, InboundError) as error:
            return _wrong(str(error))


def _wrong(sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=400)


async def _json(request: web.Request) -> object:
    # A page of another site can make a browser post a form to us, but not this content type.
    if request.content_type != "application/json":
        raise BadRequest("The body is JSON, with Content-Type: application/json.")
    try:
        payload = json.loads(await request.read())
        # JSON can escape half of a surrogate pair, which no webhook or page could then carry.
        json.dumps(payload, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON that can be read.") from None
    return payload


def _address(query: Mapping[str, str]) -> str:
    """A plus sign that was not escaped in a query arrives as a space."""
    return query.get("to", "").strip("\t\n").replace(" ", "+")


def _seconds(query: Mapping[str, str]) -> float:
    try:
        since = float(query.get("since") or 0)
    except ValueError:
        since = math.nan
    if math.isnan(since):
        raise BadRequest("since: Unix seconds.")
    return since


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit") or str(DEFAULT_LIMIT)
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= LARGEST_LIMIT:
        raise BadRequest(f"limit: 1 to {LARGEST_LIMIT}.")
    return int(text)
