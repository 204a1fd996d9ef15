"""Every write of `messaging` but the door's. Call as `messaging.propose(...)` after
`from messaging import services as messaging`."""

from messaging.policy import Drop, Hold, Send, Verdict
from messaging.services.asking import Decision, Question, decide
from messaging.services.choosing import Chosen, Copy, OneWay, choose_ways, propose_one_way, way_of
from messaging.services.connecting import (
    connect,
    create_connection,
    delete_connection,
    disconnect,
    shown_config,
    update_connection,
)
from messaging.services.limiting import limit_connection, rate_limit
from messaging.services.manual import NotSent, send_manual
from messaging.services.proposing import Answer, Proposal, propose, withdraw
from messaging.services.testing import send_test
from messaging.templates import CannotRender, check_template, render

__all__ = [
    "Answer",
    "CannotRender",
    "Chosen",
    "Copy",
    "Decision",
    "Drop",
    "Hold",
    "NotSent",
    "OneWay",
    "Proposal",
    "Question",
    "Send",
    "Verdict",
    "check_template",
    "choose_ways",
    "connect",
    "create_connection",
    "decide",
    "delete_connection",
    "disconnect",
    "limit_connection",
    "propose",
    "propose_one_way",
    "rate_limit",
    "render",
    "send_manual",
    "send_test",
    "shown_config",
    "update_connection",
    "way_of",
    "withdraw",
]
