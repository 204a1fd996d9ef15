"""Proof that the ledger is whole: versions, hashes, and that grounds and standing are what its lines come to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from contacts.words import mask_of
from dnd import ledger
from dnd.models import Change, ChangeText, Ground, Standing
from dnd.policy import Position

CHUNK = 2000


@dataclass(slots=True)
class Report:
    """How much was read, and each violation in a sentence that names no person."""

    contacts: int = 0
    lines: int = 0
    violations: list[str] = field(default_factory=list)


def verify(
    *, business: int | None = None, contact: int | None = None, contacts: Sequence[int] | None = None
) -> Report:
    """Walk the chain of every contact (of a business, of one, or of some). Memory does not grow with the ledger."""
    report = Report()
    some = _among(business, [contact] if contact is not None else contacts)
    changes = Change.objects.filter(**some).order_by("contact_id", "version")
    waiting: list[tuple[int, Position, Change]] = []
    for pk, lines in groupby(changes.iterator(chunk_size=CHUNK), key=lambda change: change.contact_id):
        report.contacts += 1
        waiting.append((pk, *_walk(report, pk, lines)))
        if len(waiting) >= CHUNK:
            _compare(report, waiting)
            waiting = []
    _compare(report, waiting)
    _look_for_strays(report, some)
    _check_texts(report, {f"change__{name}": value for name, value in some.items()})
    return report


def _among(business: int | None, contacts: Sequence[int] | None) -> dict[str, Any]:
    """The filter of rows that are to be looked at."""
    some: dict[str, Any] = {}
    if business is not None:
        some["business"] = business
    if contacts is not None:
        some["contact__in"] = contacts
    return some


def _walk(report: Report, contact: int, lines: Iterator[Change]) -> tuple[Position, Change]:
    """Check the chain of one contact; what it comes to, and its last line."""
    position, version, previous = Position(), 0, ""
    for line in lines:
        report.lines += 1
        where = f"contact {contact}, version {line.version}"
        if line.version != version + 1:
            report.violations.append(f"{where}: follows version {version}.")
        if line.previous_hash != previous:
            report.violations.append(f"{where}: does not hold the hash of the line before.")
        if ledger.seal(line) != line.hash:
            report.violations.append(f"{where}: its hash does not fit its content.")
        version, previous = line.version, line.hash
        ledger.apply(position, line)
    return position, line


def _compare(report: Report, folded: list[tuple[int, Position, Change]]) -> None:
    """Hold what the lines come to against grounds and standing."""
    ids = [contact for contact, *_ in folded]
    standings = Standing.objects.in_bulk(ids)
    grounds: dict[int, set[tuple[str, str, str]]] = {contact: set() for contact in ids}
    for contact, *ground in Ground.objects.filter(contact__in=ids).values_list(
        "contact_id", "direction", "channel", "reason"
    ):
        grounds[contact].add((ground[0], ground[1], ground[2]))
    for contact, position, last in folded:
        if grounds[contact] != set(position.grounds):
            report.violations.append(f"contact {contact}: its grounds are not what its ledger comes to.")
        if _shape(standings.get(contact)) != _expected(position, last):
            report.violations.append(f"contact {contact}: its standing is not what its ledger comes to.")


def _shape(standing: Standing | None) -> tuple[object, ...] | None:
    if standing is None:
        return None
    return (
        standing.version,
        standing.last_hash,
        standing.outbound,
        standing.inbound,
        standing.do_not_contact,
    )


def _expected(position: Position, last: Change) -> tuple[object, ...]:
    outbound, inbound = (
        mask_of(position.blocked("outbound")),
        mask_of(position.blocked("inbound")),
    )
    return (last.version, last.hash, outbound, inbound, position.do_not_contact)


def _look_for_strays(report: Report, some: Mapping[str, Any]) -> None:
    """Standing and grounds of contacts that have no ledger at all."""
    for model in (Standing, Ground):
        strays = model.objects.filter(contact__dnd_changes=None, **some)
        for pk in strays.values_list("contact_id", flat=True).distinct():
            report.violations.append(f"contact {pk}: has a {model._meta.verbose_name} but no ledger.")


def _check_texts(report: Report, some: Mapping[str, Any]) -> None:
    """The words beside a line, where they were not erased, must fit the digest that the line keeps."""
    texts = ChangeText.objects.filter(**some).exclude(salt="").select_related("change").order_by("change_id")
    for text in texts.iterator(chunk_size=CHUNK):
        if ledger.text_digest(text.salt, text.note, text.evidence) != text.change.text_digest:
            line = text.change
            report.violations.append(
                f"contact {line.contact_id}, version {line.version}: its note is not the one that was recorded."
            )
