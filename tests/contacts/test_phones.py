"""Short ways through phone numbers come to what the library says."""

import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from contacts import phones

DIGITS = st.text("0123456789", min_size=10, max_size=10)
SHAPES = st.sampled_from(
    [
        "+1{}{}{}",
        "+1 {} {} {}",
        "+1-{}-{}-{}",
        "({}) {}-{}",
        "{}{}{}",
        "{}.{}.{}",
        "{} - {} {}",
        "+1 ({}) {}-{}",
    ]
)
COUNTRIES = st.sampled_from(["US", "CA", "GB", "DE", "JM"])


def by_the_library(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, 0) if phonenumbers.is_possible_number(number) else None


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(digits=DIGITS, shape=SHAPES, country=COUNTRIES)
def test_american_numbers_are_read_as_the_library_reads_them(digits, shape, country):
    text = shape.format(digits[:3], digits[3:6], digits[6:])
    expected = by_the_library(text, country)

    if expected is None:
        with pytest.raises(phones.NotAPhone):
            phones.parse(text, country)
    else:
        assert phones.parse(text, country) == expected


@pytest.mark.parametrize(
    "text", ["+14155550100 ext 5", "(415) 555-0100 x5", "+1 415 555 0100 #5", "tel:+14155550100;ext=5"]
)
def test_an_extension_is_not_lost_in_silence(text):
    with pytest.raises(phones.NotAPhone, match="An extension cannot be kept"):
        phones.parse(text, "US")


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(
    area=st.sampled_from(["415", "800", "246", "305", "876", "555", "900", "500", "787", "902"]), rest=DIGITS
)
def test_lines_are_what_the_library_says(area, rest):
    e164 = f"+1{area}{rest[:7]}"
    kind = phonenumbers.number_type(phonenumbers.parse(e164, None))

    assert phones.line_type(e164) == phones.LINE_TYPES.get(kind, phones.LineType.UNKNOWN).value


def test_the_last_four_digits_say_nothing_where_they_are_not_looked_at():
    kinds = ("fixed_line", "mobile", "toll_free", "premium_rate", "voip", "pager", "uan", "personal_number")
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata.leading_digits:
            continue
        for kind in kinds:
            desc = getattr(metadata, kind)
            if desc and desc.national_number_pattern:
                assert re.search(r"\\d\{[4-9]\}\)?$", desc.national_number_pattern), (region, kind)
