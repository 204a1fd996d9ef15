"""The fold and the chain: random histories against a model of their own, and every tampering found."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.actors import Actor
from contacts.words import CHANNELS_OF
from dnd import ledger, verification
from dnd import services as dnd
from dnd.models import Change, ChangeText, Ground
from tests.factories import BusinessFactory, ContactFactory

pytestmark = pytest.mark.django_db

CHANNEL = st.sampled_from(CHANNELS_OF["outbound"])
WISHES = st.tuples(
    st.sampled_from(["user", "api", "contact", "workflow", "sync"]),
    st.dictionaries(CHANNEL, st.booleans(), max_size=4),
    st.dictionaries(st.sampled_from(["call", "sms"]), st.booleans(), max_size=2),
    st.sampled_from(["user_request", "dnc_list", "stop_keyword", "workflow", "record_system"]),
)


@given(history=st.lists(WISHES, min_size=1, max_size=12))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_after_any_history_the_ledger_is_whole_and_the_chain_verifies(history):
    business = BusinessFactory()
    contacts = [ContactFactory(business=business, phone="+14155550101") for _ in range(2)]
    for number, (source, outbound, inbound, reason) in enumerate(history):
        asked = dnd.Wish(outbound=outbound, inbound=inbound, reason=reason, note="because")
        try:
            dnd.change(
                business=business,
                contacts=[contacts[number % 2].pk],
                wish=asked,
                by=Actor(source, "x", "manager"),
            )
        except dnd.NotAReason:
            continue
    assert verification.verify(business=business.pk).violations == []


def tamper(sql: str, *params: object) -> None:
    """As somebody could who switches the database's own refusal off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("SET LOCAL session_replication_role = origin")


def history(lines: int = 6) -> int:
    contact = ContactFactory()
    for n in range(lines):
        asked = dnd.Wish(outbound={"sms": n % 2 == 0}, note=f"note {n}", evidence="form 81")
        dnd.change_one(
            business=contact.business,
            contact=contact.pk,
            wish=asked,
            by=Actor("user", "Sam", "manager"),
        )
    return contact.pk


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dnd_change SET actor = 'Sim' WHERE version = 3",
        "UPDATE dnd_change SET recorded_at = recorded_at + interval '1 microsecond' WHERE version = 3",
        "UPDATE dnd_change SET enabled = NOT enabled WHERE version = 3",
        "UPDATE dnd_change SET channels = '{email}' WHERE version = 3",
        "UPDATE dnd_change SET reason = 'workflow' WHERE version = 1",
        "UPDATE dnd_change SET text_digest = repeat('0', 64) WHERE version = 2",
        "UPDATE dnd_change SET hash = repeat('0', 64) WHERE version = 6",
        "UPDATE dnd_changetext SET note = 'another note' WHERE note = 'note 4'",
        "UPDATE dnd_standing SET outbound = 63",
        "UPDATE dnd_standing SET version = 5",
        (
            "INSERT INTO dnd_ground (business_id, contact_id, direction, channel, reason, source, since, opened_by_id)"
            " SELECT business_id, contact_id, 'outbound', 'call', 'user_request', 'user', now(), id"
            " FROM dnd_change WHERE version = 1"
        ),
        "DELETE FROM dnd_standing",
    ],
)
def test_every_tampering_is_found(sql):
    contact = history()
    assert verification.verify(contact=contact).violations == []
    tamper(sql)
    assert verification.verify(contact=contact).violations != []


@pytest.mark.parametrize("version", [1, 3, 6])
def test_a_line_that_is_missing_is_found(version):
    contact = history()
    line = Change.objects.get(contact=contact, version=version)
    for table, column in (
        ("dnd_effective", "change_id"),
        ("dnd_changetext", "change_id"),
        ("dnd_change", "id"),
    ):
        tamper(f"DELETE FROM {table} WHERE {column} = %s", line.pk)
    assert verification.verify(contact=contact).violations != []


def test_the_words_can_be_erased_and_the_chain_still_verifies():
    contact = history()
    ChangeText.objects.update(salt="", note="", evidence="")
    assert verification.verify(contact=contact).violations == []


@pytest.mark.django_db(transaction=True)
def test_the_command_counts_or_names_each_violation(capsys):
    contact = history()
    call_command("verify_ledger")
    assert capsys.readouterr().out == "1 contacts, 6 lines, 0 violations\n"
    tamper("UPDATE dnd_change SET actor = 'Sim' WHERE version = 3")
    with pytest.raises(CommandError, match="1 violations"):
        call_command("verify_ledger")
    assert f"contact {contact}, version 3: its hash does not fit its content." in capsys.readouterr().out


def test_the_fold_of_a_prefix_is_where_the_contact_stood_then():
    contact = history()
    lines = list(Change.objects.filter(contact=contact).order_by("version"))
    for count in range(len(lines) + 1):
        blocked = ledger.fold(lines[:count]).blocked("outbound")
        assert blocked == ({"sms"} if count % 2 else set())


def test_a_hash_covers_every_column_of_the_line():
    history(1)
    (line,) = Change.objects.all()
    columns = {field.attname for field in Change._meta.concrete_fields}
    assert columns - set(ledger.SEALED) == {"id", "hash"}
    before = ledger.seal(line)
    line.actor = "another"
    assert ledger.seal(line) != before
    assert Ground.objects.exists()
