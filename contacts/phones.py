"""Phone numbers: read as dialled in a country, kept as E.164, with what can be known of the line offline."""

import re
from functools import cache, lru_cache
from itertools import chain

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType

from contacts.words import LineType

LINE_TYPES = {
    PhoneNumberType.MOBILE: LineType.MOBILE,
    PhoneNumberType.FIXED_LINE: LineType.LANDLINE,
    PhoneNumberType.VOIP: LineType.VOIP,
    PhoneNumberType.TOLL_FREE: LineType.TOLL_FREE,
}

EXTENSION = "An extension cannot be kept: give the number alone, and the extension in a note."

AMERICAN = re.compile(r"(\+1[ .-]?)?\(?([2-9][0-9]{2})\)?[ .-]{0,2}([0-9]{3})[ .-]?([0-9]{4})")
"""Ten digits of the North American plan as they are mostly written: nothing is left to be looked up in them."""


class NotAPhone(ValueError):
    """This is not a phone number: give it as +14155550100, or as it is dialled in the business's country."""


def parse(text: str, country: str) -> str:
    """E.164 of a number given in E.164 or as dialled in `country` (ISO 3166, two letters)."""
    if (plain := AMERICAN.fullmatch(text)) and (plain[1] or country in ("US", "CA")):
        return f"+1{plain[2]}{plain[3]}{plain[4]}"
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(NotAPhone.__doc__) from error
    if not phonenumbers.is_possible_number(number):
        raise NotAPhone(NotAPhone.__doc__)
    if number.extension:
        raise NotAPhone(EXTENSION)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def line_type(e164: str) -> str:
    """What kind of line it is, as far as its number tells: in the US and Canada it mostly does not."""
    if AMERICAN.fullmatch(e164) and e164[2:5] not in _islands():
        return _american_line_type(e164[2:8])
    kind = phonenumbers.number_type(phonenumbers.parse(e164, None))
    return LINE_TYPES.get(kind, LineType.UNKNOWN).value


@cache
def _islands() -> frozenset[str]:
    """The area codes of the North American plan that belong to one country, which is neither the US nor Canada."""
    regions = (
        PhoneMetadata.metadata_for_region(region) for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]
    )
    codes = (str(region.leading_digits).split("|") for region in regions if region and region.leading_digits)
    return frozenset(chain.from_iterable(codes))


@lru_cache(maxsize=65_536)
def _american_line_type(exchange: str) -> str:
    """In the US and Canada the last four digits say nothing of the line."""
    kind = phonenumbers.number_type(PhoneNumber(country_code=1, national_number=int(f"{exchange}0000")))
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


def read(text: str, country: str) -> tuple[str, str]:
    """`parse` and `line_type` in one."""
    number = parse(text, country)
    return number, line_type(number)
