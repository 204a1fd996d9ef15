"""What an opt-out, an opt-in and a request for help are answered with. Nothing else may be in it: no marketing."""

from collections.abc import Mapping

STANDARD: Mapping[str, str] = {
    "opt_out": "{name}: you are unsubscribed and will get no more messages. Reply START to get them again.",
    "opt_in": "{name}: you will get our messages again. Reply STOP to unsubscribe or HELP for help.",
    "help": "{name}: {contact}Reply STOP to unsubscribe.",
}


def answer(confirms: str, *, name: str, phone: str, own: str = "") -> str:
    """The business's own words, else the standard ones with its name and, for help, its phone number."""
    if own:
        return own
    contact = f"for help call {phone}. " if phone else "this number cannot take calls. "
    return STANDARD[confirms].format(name=name, contact=contact)
