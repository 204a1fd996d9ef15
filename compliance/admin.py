"""The review queue: texts that were taken for an opt-out, with the two answers to each."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from compliance.models import Review
from contacts.acting import reaches
from contacts.admin import Choice, DeskList
from contacts.models import POINT_OF_CHANNEL, Contact, ContactPoint
from contacts.words import Role


class StateChoice(Choice):
    """What is open, unless somebody asks for something else."""

    title = "State"
    parameter_name = "state"
    choices_of = Review.State.choices

    def value(self) -> str:
        """What was asked for; asked for all, an empty text."""
        chosen = super().value()
        return Review.State.OPEN.value if chosen is None else str(chosen)


@admin.register(Review)
class ReviewList(DeskList):
    title = "To be reviewed"
    lead = (
        "Texts that read like an opt-out. Their channel is blocked already. Confirm, and it stays so until the contact "
        "texts START; reject, and the channel is free again. The record of DND changes says who did."
    )
    columns = ("Text", "From", "Channel", "Received", "")
    row_template = "desk/rows/review.html"
    ordering = ("-id",)
    list_filter = (StateChoice,)
    empty = (
        "fact_check",
        "Nothing to review",
        "A text such as “please stop texting me” blocks its channel at once and is listed here.",
    )

    def rows(self, request: HttpRequest, found: Iterable[Review]) -> list[dict[str, Any]]:
        reviews = list(found)
        holders = _holders(reviews)
        may_decide = reaches(request, Role.MANAGER)
        return [
            {
                "review": review,
                "contacts": holders[POINT_OF_CHANNEL[review.channel], review.address],
                "may_decide": may_decide and review.state == Review.State.OPEN,
            }
            for review in reviews
        ]


def _holders(reviews: list[Review]) -> dict[tuple[str, str], list[Contact]]:
    """Who has each of these addresses now."""
    found: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    if reviews:
        points = ContactPoint.objects.filter(
            business=reviews[0].business_id, value__in=[review.address for review in reviews]
        )
        for point in points.select_related("contact").order_by("contact"):
            found[point.kind, point.value].append(point.contact)
    return found
