"""manage.py simulate SCENARIO: a promise of Heed's, played against the running system."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError

from config.celery import app
from config.desk.scenarios import SCENARIOS
from config.desk.scenarios.play import Play, TookTooLong


class Command(BaseCommand):
    help = "Plays a scenario from end to end against the running system, and tells what happens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", help=", ".join(SCENARIOS))

    def handle(self, *args: Any, scenario: str, **options: Any) -> None:
        if scenario not in SCENARIOS:
            raise CommandError(f"There is no scenario {scenario}: choose one of {', '.join(SCENARIOS)}.")
        if not _workers_answer():
            raise CommandError("No workers answer: start Heed with `make run` first.")
        if not settings.HEED_DEMO:
            raise CommandError("Scenarios play in the demo business: set HEED_DEMO=1 if you want it here.")
        play, played = Play(self._tell), SCENARIOS[scenario]
        play.say(f"{scenario}. {played.__doc__}")
        try:
            played(play)
        except TookTooLong as late:
            play.differences.append(str(late))
        if play.differences:
            raise CommandError("Not as promised:\n- " + "\n- ".join(play.differences))
        play.say("Everything came out as promised.")

    def _tell(self, at: datetime, line: str) -> None:
        # A message may have lines of its own; here each thing that happened is one.
        self.stdout.write(f"{at.astimezone():%H:%M:%S.%f}"[:-3] + "  " + " ".join(line.split()))
        self.stdout.flush()


def _workers_answer() -> bool:
    try:
        return bool(app.control.ping(timeout=2.0, limit=1))
    except OperationalError:
        return False
