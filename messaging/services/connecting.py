"""Connections: a business's ways out, for its enterprise users."""

import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection as database
from django.db import transaction

from contacts import locks
from contacts.actors import Actor
from contacts.models import Business
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Channel, Role, role_reaches
from messaging.delivery.limits import START_WITHIN
from messaging.models import Connection
from messaging.services import drivers, waking

State = Connection.State
POLL = 0.02


def create_connection(
    *, business: Business, channel: str, driver: str, config: Mapping[str, Any], by: Actor
) -> Connection:
    """The business's way to a channel. Raises RoleRequired, Invalid, or Conflict when there is one already."""
    _only_enterprise(by)
    _check_pair(channel, driver)
    cleaned = _clean(business, channel, driver, config)
    with transaction.atomic():
        waking.hold(business.pk, [channel])
        if Connection.objects.filter(business=business, channel=channel).exists():
            label = Channel(channel).label
            raise Conflict("connection_exists", f"There is a connection for {label} already: edit that one.")
        made = Connection.objects.create(business=business, channel=channel, driver=driver, config=cleaned)
        _ask_again(made)
    return made


def update_connection(*, connection: Connection, config: Mapping[str, Any], by: Actor) -> Connection:
    """Change a connection's config; what is left out stays. It counts for every call that starts after this returns."""
    _only_enterprise(by)
    with transaction.atomic():
        current = _lock(connection)
        wanted = drivers.merged(current.driver, current.config, config)
        current.config = _clean(current.business, current.channel, current.driver, wanted)
        _store(current, "config")
    return current


def delete_connection(*, connection: Connection, by: Actor) -> None:
    """Take a connection away: what was to go through it is not sent, and what was held for it does not wait."""
    _only_enterprise(by)
    with transaction.atomic():
        current = _lock(connection)
        current.delete()
        _ask_again(current)
        _let_earlier_claims_begin(connection, locks.now())


def disconnect(*, connection: Connection, by: Actor) -> Connection:
    """Hold everything that would go through this connection. No DND is touched."""
    return _switch(connection, State.DISCONNECTED, by)


def connect(*, connection: Connection, by: Actor) -> Connection:
    """Connect again: what was held for it is due at once."""
    return _switch(connection, State.CONNECTED, by)


def shown_config(connection: Connection) -> dict[str, Any]:
    """A connection's config for people and programs to see: no credential in full."""
    return drivers.shown(connection.driver, connection.config)


def _switch(connection: Connection, state: str, by: Actor) -> Connection:
    _only_enterprise(by)
    with transaction.atomic():
        current = _lock(connection)
        if current.state != state:
            current.state = state
            _store(current, "state")
        if state == State.CONNECTED:
            _ask_again(current)
    return current


def _only_enterprise(by: Actor) -> None:
    if not role_reaches(by.role, Role.ENTERPRISE):
        raise RoleRequired(Role.ENTERPRISE.value)


def _check_pair(channel: str, driver: str) -> None:
    if channel not in Channel.values:
        raise Invalid({"channel": f"Unknown channel: use one of {', '.join(Channel.values)}."})
    if driver not in drivers.CHANNELS:
        raise Invalid({"driver": f"Unknown driver: use one of {', '.join(drivers.CHANNELS)}."})
    if channel not in drivers.CHANNELS[driver]:
        raise Invalid({"driver": f"{driver} does not carry {Channel(channel).label}."})


def _clean(business: Business, channel: str, driver: str, config: Mapping[str, Any]) -> dict[str, Any]:
    cleaned, errors = drivers.clean(business, channel, driver, config)
    if errors:
        raise Invalid({f"config.{name}": sentence for name, sentence in errors.items()})
    return cleaned


def _lock(connection: Connection) -> Connection:
    waking.hold(connection.business_id, [connection.channel])
    return Connection.objects.select_related("business").get(pk=connection.pk)


def _store(connection: Connection, field: str) -> None:
    connection.revision += 1
    connection.save(update_fields=[field, "revision", "changed_at"])
    _let_earlier_claims_begin(connection, locks.now())


def _ask_again(connection: Connection) -> None:
    waking.wake(connection.business_id, [connection.channel], "disconnected")


def _let_earlier_claims_begin(connection: Connection, changed_at: datetime) -> None:
    """After the commit, wait for the calls that were claimed with the old config and have not begun."""
    transaction.on_commit(
        partial(_wait_for_claims, connection.business_id, connection.channel, changed_at), robust=True
    )


def _wait_for_claims(business: int, channel: str, changed_at: datetime) -> None:
    """A claim whose call has not begun after START_WITHIN never begins, so this takes no longer than that."""
    ends_at = time.monotonic() + START_WITHIN
    while time.monotonic() < ends_at and _about_to_call(business, channel, changed_at):
        time.sleep(POLL)


def _about_to_call(business: int, channel: str, changed_at: datetime) -> bool:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM messaging_message WHERE state = 'calling' AND business_id = %s"
            " AND channel = %s AND claimed_at <= %s)",
            [business, channel, changed_at],
        )
        (found,) = cursor.fetchone()
        return bool(found)
