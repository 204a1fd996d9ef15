"""Phone numbers: read as dialled in a country, kept as E.164, with what can be known of the line offline."""

import phonenumbers
from phonenumbers import PhoneNumberType

from contacts.words import LineType

LINE_TYPES = {
    PhoneNumberType.MOBILE: LineType.MOBILE,
    PhoneNumberType.FIXED_LINE: LineType.LANDLINE,
    PhoneNumberType.VOIP: LineType.VOIP,
    PhoneNumberType.TOLL_FREE: LineType.TOLL_FREE,
}


class NotAPhone(ValueError):
    """This is not a phone number: give it as +14155550100, or as it is dialled in the business's country."""


def parse(text: str, country: str) -> str:
    """E.164 of a number given in E.164 or as dialled in `country` (ISO 3166, two letters)."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(NotAPhone.__doc__) from error
    if not phonenumbers.is_possible_number(number):
        raise NotAPhone(NotAPhone.__doc__)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def line_type(e164: str) -> str:
    """What kind of line it is, as far as its number tells: in the US and Canada it mostly does not."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164, None))
    return LINE_TYPES.get(kind, LineType.UNKNOWN).value


def textable(kind: str) -> bool:
    """Whether a line of this type can be texted; an unknown one counts as textable."""
    return kind != LineType.LANDLINE.value


def pretty(e164: str) -> str:
    """As people write it: +1 415-555-0100."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
