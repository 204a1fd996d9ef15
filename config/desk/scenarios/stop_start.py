"""An opt-out from the world and the way back: a contact texts STOP, and START."""

from config.desk.scenarios.play import Play

HELLO = "Hello, are you coming tomorrow?"


def play(play: Play) -> None:
    """STOP blocks SMS at once, is confirmed once however often the webhook comes, and only START lifts it."""
    contact = play.new_contact()
    play.text_by_hand(contact, HELLO)
    play.until("that SMS to be sent", lambda: len(play.sent(contact, "sms")) == 1)

    began = play.now()
    stop = play.receives(contact, "Stop.")
    play.until("SMS to be blocked", lambda: play.blocked(contact) == ["stop_keyword"])
    play.receives(contact, "Stop.", sid=stop)
    play.receives(contact, "Stop.", sid=stop)
    play.until("the confirmation to be sent", lambda: len(play.sent(contact, "sms")) == 2)
    took = play.blocked_since(contact) - began
    play.say(f"From the text until no SMS could be started any more: {took.total_seconds():.2f} s")
    refusal = play.text_by_hand(contact, HELLO)
    play.expect(
        "the next SMS is refused", refusal == "Cannot send the message: DND is active for SMS.", refusal
    )
    play.receives(contact, "OK thanks")
    play.until("that text to be in the inbox", lambda: len(play.received(contact)) == 2)
    play.expect(
        "another text lifts nothing", play.blocked(contact) == ["stop_keyword"], play.blocked(contact)
    )

    # Twilio's times are in whole seconds, and of two in the same second the opt-out counts.
    play.until("the next second", lambda: (play.now() - play.blocked_since(contact)).total_seconds() > 1.1)
    play.receives(contact, "START")
    play.until("SMS to be free", lambda: play.blocked(contact) == [])
    play.until("the confirmation to be sent", lambda: len(play.sent(contact, "sms")) == 3)
    play.expect("an SMS can be sent again", play.text_by_hand(contact, HELLO) == "")
    play.until("that SMS to be sent", lambda: len(play.sent(contact, "sms")) == 4)
    play.expect_arrived(contact, sms=4, email=0)
