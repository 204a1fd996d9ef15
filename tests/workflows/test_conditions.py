"""What an if_else asks, as a table."""

import pytest

from contacts.words import EVERY_OUTBOUND, mask_of
from workflows.conditions import Facts, holds

ADA = Facts(
    contact={"first_name": "Ada", "email": "ada@example.org", "phone": ""},
    tags=frozenset(["vip", "late payer"]),
    blocked=mask_of(["sms", "email"]),
    status=frozenset(["12", "won"]),
)
NOBODY = Facts()


def ask(field, op, value=None):
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("condition", "ada", "nobody"),
    [
        (ask("dnd.sms", "is", True), True, False),
        (ask("dnd.sms", "is", False), False, True),
        (ask("dnd.sms", "is_not", True), False, True),
        (ask("dnd.call", "is", True), False, False),
        (ask("dnd.call", "is_not", False), False, False),
        (ask("dnd.state", "is", "partial"), True, False),
        (ask("dnd.state", "is_not", "partial"), False, True),
        (ask("dnd.state", "any_of", ["on", "off"]), False, True),
        (ask("dnd.state", "none_of", ["on", "off"]), True, False),
        (ask("tag", "is", "VIP"), True, False),
        (ask("tag", "is_not", "vip"), False, True),
        (ask("tag", "contains", "payer"), True, False),
        (ask("tag", "any_of", ["gold", "vip"]), True, False),
        (ask("tag", "none_of", ["gold", "vip"]), False, True),
        (ask("tag", "is_empty"), False, True),
        (ask("status", "is", "Won"), True, False),
        (ask("status", "any_of", ["12"]), True, False),
        (ask("status", "is_empty"), False, True),
        (ask("contact.first_name", "is", "ada"), True, False),
        (ask("contact.first_name", "is_not", "ada"), False, True),
        (ask("contact.email", "contains", "@EXAMPLE."), True, False),
        (ask("contact.phone", "is_empty"), True, True),
        ({"all": [ask("tag", "is", "vip"), ask("dnd.sms", "is", True)]}, True, False),
        ({"all": [ask("tag", "is", "vip"), ask("dnd.sms", "is", False)]}, False, False),
        ({"any": [ask("tag", "is", "vip"), ask("dnd.sms", "is", False)]}, True, True),
        ({"any": [{"all": [ask("tag", "is", "gold")]}, ask("tag", "is_empty")]}, False, True),
    ],
)
def test_a_condition_holds(condition, ada, nobody):
    assert (holds(condition, ADA), holds(condition, NOBODY)) == (ada, nobody)


def test_every_channel_blocked_is_on():
    assert holds(ask("dnd.state", "is", "on"), Facts(blocked=EVERY_OUTBOUND))
