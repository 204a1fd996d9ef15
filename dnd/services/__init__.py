"""Every write of `dnd`. Call as `dnd.change(...)` after `from dnd import services as dnd`."""

from dnd.policy import Refusal, Wish
from dnd.services.bulk import Whom, change_in_bulk
from dnd.services.by_address import change_address
from dnd.services.changing import (
    Outcome,
    change,
    change_many,
)
from dnd.services.dnc_hits import count_hits, is_by_the_list, note_hits
from dnd.services.dnc_lifting import lift_entry
from dnd.services.dnc_list import Listed, add_to_dnc, change_one
from dnd.services.effective import effective_at, stamp, stamp_waiting
from dnd.services.ending import end_due
from dnd.services.errors import NoSuchContact, NotAReason, Refused
from dnd.services.ledger_jobs import export_ledger, verify_ledger
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
    "Whom",
    "Wish",
    "add_to_dnc",
    "change",
    "change_address",
    "change_in_bulk",
    "change_many",
    "change_one",
    "count_hits",
    "effective_at",
    "end_due",
    "end_preferences",
    "export_ledger",
    "is_by_the_list",
    "lift_entry",
    "note_hits",
    "screen",
    "screen_new_addresses",
    "stamp",
    "stamp_waiting",
    "sync",
    "undo",
    "undo_offered",
    "verify_ledger",
]
