"""One object of the business somebody works in. What belongs to another business does not exist: 404."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from contacts.acting import business_of
from contacts.models import Contact
from workflows.models import Enrollment, Workflow

M = TypeVar("M", bound=Model)
LONGEST_ID = 18


def one(found: QuerySet[M], pk: str | int) -> M:
    """The row with this id among these, else 404, whatever was given as an id."""
    text = str(pk)
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID):
        raise Http404
    return get_object_or_404(found, pk=int(text))


def number(text: str) -> int | None:
    """The number that this text is, if it can be an id."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID else None


def contact(request: HttpRequest, pk: str | int) -> Contact:
    return one(Contact.objects.of(business_of(request)).select_related("business"), pk)


def workflow(request: HttpRequest, pk: str | int) -> Workflow:
    return one(Workflow.objects.of(business_of(request)).select_related("business"), pk)


def enrollment(request: HttpRequest, pk: str | int) -> Enrollment:
    found = Enrollment.objects.filter(business=business_of(request))
    return one(found.select_related("workflow", "version", "contact", "business"), pk)
