"""Use case 4: a lead says never again, and whoever works on it presses one button."""

from config.desk.demo.pipelines import LOST, NEVER_AGAIN, NEW
from config.desk.demo.workflows import REMINDER
from config.desk.scenarios.play import Play

SKIPPED = [
    ("send_sms", "skipped", "dnd:sms:dnc_list"),
    ("wait", "done", ""),
    ("send_email", "skipped", "dnd:email:dnc_list"),
    ("create_task", "done", ""),
]


def play(play: Play) -> None:
    """One action puts a lead on the Do Not Contact list and into a dead status; nothing reaches its number again."""
    lead = play.new_contact()
    play.put_into(lead, NEW)
    ran = play.press(lead, NEVER_AGAIN)
    play.expect("the action did all that it says", all(ran.values()), ran)
    play.expect("it is in the dead status", play.status_of(lead) == LOST, play.status_of(lead))
    for channel in ("call", "sms", "email"):
        reasons = play.blocked(lead, channel)
        play.expect(f"{channel} is blocked for the list", reasons == ["dnc_list"], reasons)
    play.expect("pressed again it changes nothing", not any(play.press(lead, NEVER_AGAIN).values()))

    play.enroll(lead, REMINDER)
    play.until(f"the workflow “{REMINDER}” to end", lambda: play.ended(lead, REMINDER))
    found = play.outcomes(lead, REMINDER)
    play.expect("a workflow's messages are skipped, each with its reason", found == SKIPPED, found)
    refusal = play.text_by_hand(lead, "Are you sure?")
    play.expect(
        "a message by hand is refused", refusal == "Cannot send the message: DND is active for SMS.", refusal
    )

    double = play.same_number_again(lead)
    play.until("the second lead with this number to be blocked", lambda: play.blocked(double) == ["dnc_list"])
    refusal = play.text_by_hand(double, "Hello!")
    play.expect(
        "a message to it is refused", refusal == "Cannot send the message: DND is active for SMS.", refusal
    )
    entries = play.on_the_list(lead)
    play.expect("the list says which action and who", entries == [(NEVER_AGAIN, play.actor.label)], entries)
    play.expect_arrived(lead, sms=0, email=0)
