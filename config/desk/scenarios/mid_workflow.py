"""Use case 3: an opt-out while a contact is on its way through a workflow."""

from config.desk.demo.workflows import REMINDER
from config.desk.scenarios.play import Play
from workflows.models import Enrollment

PATH = [
    ("send_sms", "done", ""),
    ("wait", "done", ""),
    ("send_email", "skipped", "dnd:email:user_request"),
    ("create_task", "done", ""),
]


def play(play: Play) -> None:
    """Email is blocked while the contact waits for it: the email is skipped, the rest happens, nobody is removed."""
    contact = play.new_contact()
    enrollment = play.enroll(contact, REMINDER)
    play.until(f"“{REMINDER}” to wait between the SMS and the email", lambda: play.waiting(contact, REMINDER))
    play.set_dnd(contact, {"email": True})
    play.until(f"the workflow “{REMINDER}” to end", lambda: play.ended(contact, REMINDER))
    play.until("the SMS to be sent", lambda: play.sent(contact, "sms"))

    found = play.outcomes(contact, REMINDER)
    play.expect(
        "the SMS and the task happened, and the email was skipped with its reason", found == PATH, found
    )
    enrollment.refresh_from_db()
    play.expect(
        "the contact was not removed, but came to the end",
        enrollment.exit_reason == Enrollment.Exit.COMPLETED,
        enrollment.exit_reason or enrollment.state,
    )
    tasks = play.tasks(contact, REMINDER)
    play.expect("the task is there", len(tasks) == 1, tasks)
    play.expect_arrived(contact, sms=1, email=0)
