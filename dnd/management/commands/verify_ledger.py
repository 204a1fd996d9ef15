from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from contacts.models import Business
from dnd import verification


class Command(BaseCommand):
    help = (
        "Walks every contact's ledger: versions, hashes, and that grounds and standing are what it comes to."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--business", help="Only this business, by its slug.")

    def handle(self, *, business: str | None, **_: Any) -> None:
        pk = _business(business) if business else None
        with transaction.atomic():
            _see_one_moment()
            report = verification.verify(business=pk)
        for violation in report.violations:
            self.stdout.write(violation)
        counts = f"{report.contacts} contacts, {report.lines} lines, {len(report.violations)} violations"
        if report.violations:
            raise CommandError(counts, returncode=1)
        self.stdout.write(counts)


def _business(slug: str) -> int:
    if found := Business.objects.filter(slug=slug).first():
        return found.pk
    raise CommandError(f"There is no business with the slug {slug}.")


def _see_one_moment() -> None:
    """Ledger and standing are compared as of one moment, while others go on writing."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
