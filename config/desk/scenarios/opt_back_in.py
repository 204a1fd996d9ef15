"""Use case 2: a contact who wanted nothing any more comes back."""

from config.desk.demo.workflows import NURTURE, OPT_BACK_IN
from config.desk.scenarios.play import Play
from contacts.words import OUTBOUND_CHANNELS

TAG = "Do Not Contact"


def play(play: Play) -> None:
    """Every channel is freed: the tag goes, Sales is told, and the nurture workflow starts from its beginning."""
    contact = play.new_contact(tags=[TAG])
    play.set_dnd(contact, dict.fromkeys(OUTBOUND_CHANNELS, True))
    refusal = play.text_by_hand(contact, "Hello, are you there?")
    play.expect(
        "no SMS can be sent by hand", refusal == "Cannot send the message: DND is active for SMS.", refusal
    )

    play.set_dnd(contact, dict.fromkeys(OUTBOUND_CHANNELS, False), note="Asked us to write again.")
    play.until(f"the workflow “{OPT_BACK_IN}” to end", lambda: play.ended(contact, OPT_BACK_IN))
    play.until(f"“{NURTURE}” to wait", lambda: play.waiting(contact, NURTURE))
    refusal = play.text_by_hand(contact, "Good to have you back.")
    play.until("that SMS to be sent", lambda: play.sent(contact))

    play.expect(f"the tag “{TAG}” is gone", TAG not in play.tags(contact), play.tags(contact))
    told = play.told(contact, "team:Sales", f"{contact.name} opted back in.")
    play.expect("Sales was told so, once", told == 1, told)
    steps = play.outcomes(contact, NURTURE)
    play.expect(
        f"“{NURTURE}” began with its first step, a task", steps[:1] == [("create_task", "done", "")], steps
    )
    tasks = play.tasks(contact, NURTURE)
    play.expect("the task is there", len(tasks) == 1, tasks)
    play.expect("an SMS can be sent by hand again", refusal == "", refusal)
    play.expect_arrived(contact, sms=1, email=0)
