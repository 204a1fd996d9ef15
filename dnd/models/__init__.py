from dnd.models.dnc import DncEntry, DncEntryQuerySet, DncHit
from dnd.models.ledger import Change, ChangeText, Effective, Reason, Unstamped, append_only
from dnd.models.standing import Ground, GroundQuerySet, Standing, State
from dnd.models.suppressions import Suppression, SuppressionQuerySet

__all__ = [
    "Change",
    "ChangeText",
    "DncEntry",
    "DncEntryQuerySet",
    "DncHit",
    "Effective",
    "Ground",
    "GroundQuerySet",
    "Reason",
    "Standing",
    "State",
    "Suppression",
    "SuppressionQuerySet",
    "Unstamped",
    "append_only",
]
