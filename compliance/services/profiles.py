"""A business's compliance settings: read with their defaults, changed by whoever may."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from compliance import hooks, keywords, texts
from compliance.models import Profile, Told
from compliance.models.profile import LONGEST_SMS_TEXT, LONGEST_TEXT
from compliance.texts import EmailRules, SmsRules
from contacts.actors import Actor
from contacts.models import Business
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Channel, Role, role_reaches

SWITCHES = (
    "sms_opt_out",
    "sms_sender",
    "email_unsubscribe",
    "email_sender",
    "quiet_hours",
    "quiet_hours_everywhere",
)
TEXTS = {
    "sms_opt_out_text": LONGEST_SMS_TEXT,
    "sms_sender_text": LONGEST_SMS_TEXT,
    "email_unsubscribe_text": LONGEST_SMS_TEXT,
    "email_sender_text": LONGEST_TEXT,
    "opt_out_reply": LONGEST_TEXT,
    "opt_in_reply": LONGEST_TEXT,
    "help_reply": LONGEST_TEXT,
}
NUMBERS = {"sms_repeat_days": (1, 60), "soft_bounces": (1, 50), "soft_bounce_days": (1, 365)}
WORDS = {
    "opt_out_words": keywords.OPT_OUT,
    "opt_in_words": keywords.OPT_IN,
    "help_words": keywords.HELP,
}
MOST_WORDS = 50
FIELDS = (*SWITCHES, *TEXTS, *NUMBERS, *WORDS, "sms_repeat")


def of(business: int) -> Profile:
    """The settings of a business; those of one that never changed any are the defaults."""
    return Profile.objects.filter(business=business).first() or Profile(business_id=business)


def of_many(businesses: Iterable[int]) -> dict[int, Profile]:
    wanted = set(businesses)
    found = Profile.objects.in_bulk(wanted)
    return {pk: found.get(pk) or Profile(business_id=pk) for pk in wanted}


@transaction.atomic
def update(*, business: Business, data: Mapping[str, Any], by: Actor) -> Profile:
    """Bring the settings to `data`, with keys of FIELDS; what is left out stays. Raises Invalid, naming each field."""
    if not role_reaches(by.role, Role.ENTERPRISE):
        raise RoleRequired(Role.ENTERPRISE.value)
    Business.objects.select_for_update(no_key=True).get(pk=business.pk)
    profile = of(business.pk)
    was_off, hours = not profile.sms_opt_out, _hours(profile)
    for name, value in data.items():
        setattr(profile, name, _tidied(name, value))
    if errors := faults(profile):
        raise Invalid(errors)
    profile.save()
    if was_off and profile.sms_opt_out:
        # Whoever was told nothing but the sender is told the opt-out text with the next message.
        Told.objects.filter(contact__business=business, channel=Channel.SMS).delete()
    if _hours(profile) != hours:
        hooks.tell_hours_changed(business.pk)
    return profile


def _hours(profile: Profile) -> tuple[bool, bool]:
    return profile.quiet_hours, profile.quiet_hours_everywhere


def _tidied(name: str, value: Any) -> Any:
    if name in WORDS:
        return list(dict.fromkeys(word.strip() for word in value))
    return " ".join(value.split()) if name in TEXTS else value


def faults(profile: Profile) -> dict[str, str]:
    """What is wrong with these settings, one sentence for each field."""
    errors: dict[str, str] = {}
    for check in (_text_faults, _number_faults, _word_faults):
        errors |= check(profile)
    return errors


def _text_faults(profile: Profile) -> dict[str, str]:
    errors = {}
    for name, longest in TEXTS.items():
        text = getattr(profile, name)
        if len(text) > longest:
            errors[name] = f"Use at most {longest} characters."
        elif not text.isprintable():
            errors[name] = "Use letters, digits, spaces and punctuation alone."
        elif "{{" in text or "{%" in text:
            errors[name] = "Nothing is filled in here: write the words as they are to be read."
    if profile.sms_repeat not in Profile.Repeat.values:
        errors["sms_repeat"] = "Choose again or every."
    if problem := texts.unfit_opt_out(profile.sms_opt_out_text, tuple(profile.opt_out_words)):
        errors["sms_opt_out_text"] = problem
    if not profile.email_unsubscribe_text:
        errors["email_unsubscribe_text"] = "The link needs words to click on, such as: Unsubscribe."
    return errors


def _number_faults(profile: Profile) -> dict[str, str]:
    return {
        name: f"Give a whole number from {least} to {most}."
        for name, (least, most) in NUMBERS.items()
        if not least <= getattr(profile, name) <= most
    }


def _word_faults(profile: Profile) -> dict[str, str]:
    errors: dict[str, str] = {}
    meant: dict[str, str] = {}
    for name, kind in WORDS.items():
        words = getattr(profile, name)
        if len(words) > MOST_WORDS:
            errors[name] = f"Give at most {MOST_WORDS} words."
        for position, word in enumerate(words):
            clash = meant.setdefault(keywords.plain(word), kind) != kind
            problem = keywords.unfit(word, kind) or (f"{word} cannot mean two things." if clash else None)
            if problem:
                errors[f"{name}.{position}"] = problem
    return errors


def keyword_lists(business: Business) -> dict[str, str]:
    """The business's own keywords with their kind, as `keywords.meaning` takes them."""
    profile = of(business.pk)
    return {word: kind for name, kind in WORDS.items() for word in getattr(profile, name)}


def sms_rules(profile: Profile, business: Business) -> SmsRules:
    return SmsRules(
        opt_out=profile.sms_opt_out_text if profile.sms_opt_out else "",
        sender=(profile.sms_sender_text or business.name) if profile.sms_sender else "",
        repeat=profile.sms_repeat,
        repeat_days=profile.sms_repeat_days,
    )


def email_rules(profile: Profile, business: Business) -> EmailRules:
    return EmailRules(
        link_words=profile.email_unsubscribe_text if profile.email_unsubscribe else "",
        sender=(profile.email_sender_text or business.name) if profile.email_sender else "",
        address=business.address if profile.email_sender else "",
    )
