"""Twilio's Messages and Calls resources, version 2010-04-01."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from messaging.simulator import listing, magic, twilio_json
from messaging.simulator.listing import Resource
from messaging.simulator.magic import Answer, PhoneMagic, Refusal
from messaging.simulator.progress import Plan
from messaging.simulator.records import Kind, PhoneRecord
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import Shelf, new_sid
from messaging.simulator.webhooks import is_address

MAX_BODY = 1600
KEPT_BY_NAME = ("To", "From", "Body", "StatusCallback", "Url", "Twiml")
E164 = re.compile(r"\+[1-9]\d{5,14}")
UNREACHED = {"failed": (), "busy": ("ringing",), "no-answer": ("ringing",)}

Form = Mapping[str, str]
Pairs = list[tuple[str, str]]
Handler = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


class TwilioApi:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def routes(self) -> list[web.RouteDef]:
        account = "/2010-04-01/Accounts/{account}"
        return [
            web.post(f"{account}/Messages.json", self._signed_in(self._send_text)),
            web.get(f"{account}/Messages.json", self._signed_in(self._list_texts)),
            web.get(f"{account}/Messages/{{sid}}.json", self._signed_in(self._fetch_text)),
            web.post(f"{account}/Calls.json", self._signed_in(self._place_call)),
            web.get(f"{account}/Calls.json", self._signed_in(self._list_calls)),
            web.get(f"{account}/Calls/{{sid}}.json", self._signed_in(self._fetch_call)),
            web.route("*", "/2010-04-01/{tail:.*}", self._unknown),
        ]

    def _signed_in(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def checked(request: web.Request) -> web.StreamResponse:
            account = request.match_info["account"]
            authorization = request.headers.get("Authorization", "")
            if self._simulation.accounts.admits(account, authorization):
                return await handler(request, account)
            refused = _refuse(Refusal(401, 20003, "Authenticate"))
            refused.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
            return refused

        return checked

    async def _send_text(self, request: web.Request, account: str) -> web.StreamResponse:
        return await self._accept(request, account, "sms", _fault_of_text)

    async def _place_call(self, request: web.Request, account: str) -> web.StreamResponse:
        return await self._accept(request, account, "call", _fault_of_call)

    async def _accept(
        self,
        request: web.Request,
        account: str,
        kind: Kind,
        fault_of: Callable[[Form], Refusal | None],
    ) -> web.StreamResponse:
        began_at = time.time()
        raw = await request.read()
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
        form = dict(pairs)
        if fault := fault_of(form):
            return _refuse(fault)
        failure = self._simulation.settings.take_http_failure()
        if failure and not failure.accept:
            return _refuse(failure.refusal)
        chosen = magic.for_phone(form["To"], kind)
        if chosen.refusal:
            return _refuse(chosen.refusal)
        record = self._keep(kind, account, pairs, began_at)
        self._simulation.progress.begin(record, _plan(kind, chosen, pairs))
        if failure:
            return _refuse(failure.refusal)
        return await self._answer(request, record, chosen.answer)

    def _keep(self, kind: Kind, account: str, pairs: Pairs, began_at: float) -> PhoneRecord:
        form = dict(pairs)
        record = PhoneRecord(
            id=new_sid("CA" if kind == "call" else "SM"),
            kind=kind,
            account_sid=account,
            to=form["To"],
            sender=form.get("From", ""),
            body=form.get("Body") or form.get("Twiml") or form.get("Url", ""),
            began_at=began_at,
            received_at=time.time(),
            direction="outbound-api",
            status="queued",
            status_callback=form.get("StatusCallback", ""),
            params=tuple(pair for pair in pairs if pair[0] not in KEPT_BY_NAME),
        )
        self._simulation.store.add_phone(record)
        return record

    async def _answer(self, request: web.Request, record: PhoneRecord, answer: Answer) -> web.StreamResponse:
        # Made before any wait: the answer tells of the moment of acceptance.
        shape = twilio_json.call if record.kind == "call" else twilio_json.message
        accepted = web.json_response(shape(record), status=201)
        if delay := self._simulation.settings.sms_delay:
            await self._simulation.hold(delay)
        if answer is Answer.SLOW:
            await self._simulation.hold(magic.SLOW_SECONDS)
        if answer is Answer.HANG:
            await self._simulation.hold(magic.HANG_SECONDS)
        if answer in (Answer.HANG, Answer.CLOSE) and request.transport is not None:
            request.transport.close()
        return accepted

    async def _fetch_text(self, request: web.Request, account: str) -> web.StreamResponse:
        record = self._simulation.store.texts.get(request.match_info["sid"])
        if record is None or record.account_sid != account:
            return await self._unknown(request)
        return web.json_response(twilio_json.message(record))

    async def _fetch_call(self, request: web.Request, account: str) -> web.StreamResponse:
        record = self._simulation.store.calls.get(request.match_info["sid"])
        if record is None or record.account_sid != account:
            return await self._unknown(request)
        return web.json_response(twilio_json.call(record))

    async def _list_texts(self, request: web.Request, account: str) -> web.StreamResponse:
        return _listed(request, account, listing.MESSAGES, self._simulation.store.texts)

    async def _list_calls(self, request: web.Request, account: str) -> web.StreamResponse:
        return _listed(request, account, listing.CALLS, self._simulation.store.calls)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        sentence = f"The requested resource {request.path} was not found"
        return _refuse(Refusal(404, 20404, sentence))


def _listed(
    request: web.Request, account: str, resource: Resource, shelf: Shelf[PhoneRecord]
) -> web.Response:
    try:
        return web.json_response(listing.page(resource, shelf, account, request.query))
    except ValueError as error:
        return _refuse(Refusal(400, 20001, str(error)))


def _refuse(refusal: Refusal) -> web.Response:
    response = web.json_response(twilio_json.error(refusal), status=refusal.status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _plan(kind: Kind, chosen: PhoneMagic, pairs: Pairs) -> Plan:
    if kind == "sms":
        statuses = ("sent", "delivered") if chosen.error_code is None else ("undelivered",)
        return Plan(statuses, frozenset(statuses), chosen.error_code)
    # Twilio tells of the end of a call unless asked for more (StatusCallbackEvent).
    asked = {event for name, value in pairs if name == "StatusCallbackEvent" for event in value.split()}
    way = UNREACHED.get(chosen.call_ends, ("ringing", "in-progress"))
    named = {"in-progress": "answered"}
    told = {status for status in way if named.get(status, status) in asked}
    return Plan((*way, chosen.call_ends), frozenset(told | {chosen.call_ends}))


def _fault_of_text(form: Form) -> Refusal | None:
    if not form.get("To"):
        return Refusal(400, 21604, "A 'To' phone number is required.")
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return Refusal(400, 21603, "A 'From' phone number is required.")
    if not any(form.get(name) for name in ("Body", "MediaUrl", "MediaUrl0", "ContentSid")):
        return Refusal(400, 21602, "Message body is required.")
    if len(form.get("Body", "")) > MAX_BODY:
        return Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    return _fault_of_address(form)


def _fault_of_call(form: Form) -> Refusal | None:
    if not form.get("To"):
        return Refusal(400, 21201, "No 'To' number is specified")
    if not form.get("From"):
        return Refusal(400, 21213, "'From' phone number is required")
    if not form.get("Twiml") and not is_address(form.get("Url", "")):
        return Refusal(400, 21205, "Url parameter is required.")
    return _fault_of_address(form)


def _fault_of_address(form: Form) -> Refusal | None:
    to = form["To"].removeprefix("whatsapp:")
    if not to.startswith("messenger:") and not E164.fullmatch(to):
        sentence = f"The 'To' number {to} is not a valid phone number."
        return Refusal(400, magic.NOT_A_NUMBER.code, sentence)
    callback = form.get("StatusCallback", "")
    if callback and not is_address(callback):
        return Refusal(400, 21609, f"The StatusCallback URL {callback} is not a valid URL.")
    return None
