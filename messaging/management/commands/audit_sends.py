"""manage.py audit_sends: hold every call against the ledger."""

from typing import Any

from django.core.management.base import BaseCommand

from messaging import auditing


class Command(BaseCommand):
    help = "Check that no message was sent against a contact's wishes. Exit code 1 when one was."

    def handle(self, *args: Any, **options: Any) -> None:
        audit = auditing.run()
        for violation in audit.violations:
            self.stdout.write(violation)
        count = len(audit.violations)
        self.stdout.write(f"{audit.messages} messages checked, {count} violation{'' if count == 1 else 's'}")
        if count:
            raise SystemExit(1)
