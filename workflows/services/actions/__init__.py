"""Status actions: written, put into many statuses, and run. Call as `actions.run(...)`."""

from workflows.services.actions.advice import suggested, warnings
from workflows.services.actions.applying import Applied, apply, copy, drop_template, save_template
from workflows.services.actions.editing import create, delete, update
from workflows.services.actions.running import Ran, run, run_many
from workflows.services.actions.seeing import Seen, refusal, seen

__all__ = [
    "Applied",
    "Ran",
    "Seen",
    "apply",
    "copy",
    "create",
    "delete",
    "drop_template",
    "refusal",
    "run",
    "run_many",
    "save_template",
    "seen",
    "suggested",
    "update",
    "warnings",
]
