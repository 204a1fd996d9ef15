"""Every write of `dnd`. Call as `dnd.change(...)` after `from dnd import services as dnd`."""

from dnd.policy import Refusal, Wish
from dnd.services.changing import (
    Outcome,
    change,
    change_address,
    change_many,
    change_one,
    switch_refusals,
)
from dnd.services.dnc_list import Listed, add_to_dnc
from dnd.services.effective import effective_at, stamp, stamp_waiting
from dnd.services.ending import end_due
from dnd.services.errors import NoSuchContact, NotAReason, Refused
from dnd.services.screening import screen, screen_new_addresses
from dnd.services.syncing import end_preferences, sync
from dnd.services.undoing import offered as undo_offered
from dnd.services.undoing import undo

__all__ = [
    "Listed",
    "NoSuchContact",
    "NotAReason",
    "Outcome",
    "Refusal",
    "Refused",
    "Wish",
    "add_to_dnc",
    "change",
    "change_address",
    "change_many",
    "change_one",
    "effective_at",
    "end_due",
    "end_preferences",
    "screen",
    "screen_new_addresses",
    "stamp",
    "stamp_waiting",
    "switch_refusals",
    "sync",
    "undo",
    "undo_offered",
]
