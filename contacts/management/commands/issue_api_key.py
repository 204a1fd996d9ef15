from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contacts.models import Business
from contacts.services import keys
from contacts.words import Role


class Command(BaseCommand):
    help = "Make an API key and print it, alone on one line. It is kept nowhere and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--business", required=True, metavar="SLUG")
        parser.add_argument("--role", required=True, metavar="ROLE", help=", ".join(Role.values))
        parser.add_argument("--name", default="key", metavar="N", help="How the timeline names what it does.")

    def handle(self, *args: Any, **options: Any) -> None:
        business = Business.objects.filter(slug=options["business"]).first()
        if business is None:
            raise SystemExit(f"There is no business {options['business']!r}: {_slugs()}.")
        if options["role"] not in Role.values:
            raise SystemExit(f"There is no role {options['role']!r}: choose one of {', '.join(Role.values)}.")
        name = options["name"].strip()
        if not 1 <= len(name) <= 200:
            raise SystemExit("A key's name has 1 to 200 characters.")
        _, text = keys.issue(business=business, role=options["role"], name=name)
        self.stdout.write(text)


def _slugs() -> str:
    known = list(Business.objects.order_by("slug").values_list("slug", flat=True)[:10])
    return f"choose one of {', '.join(known)}" if known else "there is none at all yet"
