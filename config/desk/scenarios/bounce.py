"""A mailbox that does not exist: what its server says blocks email for whoever has the address."""

from config.desk.demo import connections
from config.desk.scenarios.play import Play, TookTooLong
from contacts.models import Contact

SUBJECT, BODY = "Your appointment", "Hello, are you coming tomorrow?"
NO_SUCH_MAILBOX = "bounce511"
REFUSED = "Cannot send the message: DND is active for Email."


def play(play: Play) -> None:
    """A hard bounce blocks email for everybody with the address, staff lift it with a note, another address is free."""
    if not connections.leads_to_simulator(play.business, "email"):
        raise TookTooLong("email goes to another provider than the simulator, which would have to refuse it")
    wrong = play.unused_email(NO_SUCH_MAILBOX)
    contact = play.new_contact(email=wrong)
    play.email_by_hand(contact, SUBJECT, BODY)
    play.until("email to be blocked", lambda: play.blocked(contact, "email") == ["email_bounce"])
    found = play.not_delivered(contact)
    play.expect("the server said that there is no such mailbox", found == ["failed:smtp:550"], found)
    refusal = play.email_by_hand(contact, SUBJECT, BODY)
    play.expect("the next email is refused", refusal == REFUSED, refusal)
    play.expect("an SMS still goes", play.text_by_hand(contact, BODY) == "")
    play.until("that SMS to be sent", lambda: len(play.sent(contact, "sms")) == 1)

    namesake = play.new_contact(email=wrong)
    play.until("email to be blocked there too", lambda: play.blocked(namesake, "email") == ["email_bounce"])
    refusal = play.set_dnd(contact, {"email": False})
    play.expect(
        "nobody lifts it without saying how they know", "note" in refusal and _blocked(play, contact), refusal
    )

    right = play.unused_email()
    play.set_email(contact, right)
    play.until("email to be free at the new address", lambda: not _blocked(play, contact))
    play.expect(
        "the old address stays suppressed", play.suppressed(wrong) == ["email_bounce"], play.suppressed(wrong)
    )
    play.expect("email can be sent again", play.email_by_hand(contact, SUBJECT, BODY) == "")
    play.until("that email to be sent", lambda: len(play.sent(contact, "email")) == 1)
    play.expect_arrived(contact, sms=1, email=1)
    play.expect_arrived(namesake, sms=0, email=0)


def _blocked(play: Play, contact: Contact) -> bool:
    return bool(play.blocked(contact, "email"))
