"""The one door. Every message of every class leaves through here, and nothing else may import a provider.

Claim (decide under the contact's lock, and commit), call (outside any transaction), settle (under the lock again).
"""

from messaging.delivery.door import deliver
from messaging.delivery.flight import in_flight
from messaging.delivery.health import heard_from
from messaging.delivery.inquiry import inquire
from messaging.delivery.reaping import reap
from messaging.delivery.receipts import Receipt, known_as, of_email, of_twilio, receive

__all__ = [
    "Receipt",
    "deliver",
    "heard_from",
    "in_flight",
    "inquire",
    "known_as",
    "of_email",
    "of_twilio",
    "reap",
    "receive",
]
