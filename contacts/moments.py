"""Which times are taken from outside: PostgreSQL keeps years that Python cannot read, or not in every time zone."""

from datetime import date, datetime

FIRST_YEAR = 1970
LAST_YEAR = 2200
TOO_FAR = f"Give a time in the years {FIRST_YEAR} to {LAST_YEAR}."


def within_reach(moment: date | datetime) -> bool:
    return FIRST_YEAR <= moment.year <= LAST_YEAR
