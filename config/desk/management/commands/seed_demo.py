"""manage.py seed_demo: the demo data, for `make run`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.desk.demo import seeding
from contacts.models import Contact


class Command(BaseCommand):
    help = "Makes whatever is missing of the two demo businesses, and leaves alone what somebody has changed."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.HEED_DEMO:
            raise CommandError(
                "The demo's logins have a known password: set HEED_DEMO=1 if you want them here."
            )
        for business in seeding.seed().values():
            count = Contact.objects.of(business).count()
            self.stdout.write(f"{business.name} ({business.slug}): {count} contacts")
