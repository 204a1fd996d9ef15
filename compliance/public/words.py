"""The channels, and why one is off, in the words of whom they reach. Each is said in the language of the moment."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from compliance.services.choices import Choice

Words = str | Promise

NAMES: dict[str, tuple[Words, Words]] = {
    "call": (_("Phone calls"), _("We call you.")),
    "sms": (_("Text messages (SMS)"), _("We text your phone.")),
    "email": (_("Email"), _("We write to your email address.")),
    "whatsapp": (_("WhatsApp"), _("We write to you on WhatsApp.")),
    "facebook": (_("Facebook Messenger"), _("We write to you on Messenger.")),
    "gmb": (_("Google Business messages"), _("We write to you in Google Maps or Search.")),
}

WHY: dict[str, Words] = {
    "stop_keyword": _("You texted STOP."),
    "free_text_opt_out": _("You wrote that you want no more messages."),
    "carrier_blocked": _("Your phone company reports that you opted out."),
    "carrier_unreachable": _("Your phone could not be reached."),
    "email_bounce": _("Email to your address came back."),
    "email_failed": _("Email to your address could not be delivered."),
    "email_suppressed": _("Our email provider does not deliver to your address."),
    "email_complaint": _("You marked an email as spam."),
    "email_unsubscribe": _("You unsubscribed."),
    "call_keypress": _("You asked for no more calls while on the phone."),
    "preference_page": _("You chose this here."),
}
"""What the contact did or met itself. Of what others did, no more is said than that the channel is off."""


@dataclass(frozen=True, slots=True)
class Row:
    """A channel on the page."""

    choice: Choice
    name: Words
    plain: Words
    why: Words


def rows(choices: Iterable[Choice]) -> list[Row]:
    return [Row(choice, *NAMES[choice.channel], WHY.get(choice.reason, "")) for choice in choices]
