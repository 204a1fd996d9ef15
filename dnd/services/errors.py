"""What a change of DND may be refused for."""

from collections.abc import Sequence

from dnd.policy import Refusal


class Refused(Exception):
    """This change is not allowed; nothing was changed."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(" ".join(dict.fromkeys(refusal.why for refusal in refusals)))
        self.refusals = list(refusals)

    @property
    def code(self) -> str:
        """The code of the first refusal, which is the least permissive: refusals come sorted."""
        return self.refusals[0].code


class NotAReason(ValueError):
    """The reason cannot be set by this source, or not on this channel."""


class NoSuchContact(LookupError):
    """There is no such contact in this business."""
