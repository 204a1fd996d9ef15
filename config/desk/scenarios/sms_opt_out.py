"""Use case 1: an opt-out from SMS, and what a business makes of it."""

from config.desk.demo.workflows import EMAIL_CAMPAIGN, SMS_CAMPAIGN, SMS_OPT_OUT
from config.desk.scenarios.play import Play
from workflows.models import Enrollment


def play(play: Play) -> None:
    """SMS is blocked: a tag, out of the SMS campaign, a word to Marketing; the email campaign goes on."""
    contact = play.new_contact()
    texts = play.enroll(contact, SMS_CAMPAIGN)
    emails = play.enroll(contact, EMAIL_CAMPAIGN)
    play.until("the first SMS and the first email to be sent", lambda: len(play.sent(contact)) == 2)

    play.set_dnd(contact, {"sms": True})
    play.until(f"the workflow “{SMS_OPT_OUT}” to end", lambda: play.ended(contact, SMS_OPT_OUT))
    play.until(f"the workflow “{EMAIL_CAMPAIGN}” to end", lambda: play.ended(contact, EMAIL_CAMPAIGN))
    play.until("the second email to be sent", lambda: len(play.sent(contact, "email")) == 2)

    play.expect("the contact has the tag “SMS Opt-Out”", "SMS Opt-Out" in play.tags(contact))
    texts.refresh_from_db()
    play.expect(
        f"it was removed from “{SMS_CAMPAIGN}” by another workflow",
        texts.exit_reason == Enrollment.Exit.EXTERNAL,
        texts.exit_reason or texts.state,
    )
    told = play.told(contact, "team:Marketing", f"{contact.name} opted out of SMS.")
    play.expect("Marketing was told so, once", told == 1, told)
    emails.refresh_from_db()
    play.expect(
        f"it went through “{EMAIL_CAMPAIGN}” to the end",
        emails.exit_reason == Enrollment.Exit.COMPLETED,
        emails.state,
    )
    play.expect_arrived(contact, sms=1, email=2)
