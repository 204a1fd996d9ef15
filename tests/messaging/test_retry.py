"""When a message is tried again."""

import pytest

from messaging.delivery import retry


@pytest.mark.parametrize(
    ("attempts", "asked_for", "chance", "seconds"),
    [
        (1, 0, 0, 2),
        (2, 0, 0, 8),
        (3, 0, 0, 30),
        (4, 0, 0, 120),
        (5, 0, 0, 600),
        (50, 0, 0, 600),
        (0, 0, 0, 2),
        (1, 0, 1, 2.5),
        (1, 60, 0, 60),
        (5, 60, 0, 600),
        (1, 1_000_000, 0, 3600),
    ],
)
def test_each_try_waits_longer_and_never_less_than_the_provider_asked_for(
    attempts, asked_for, chance, seconds
):
    assert retry.delay(attempts, asked_for=asked_for, chance=chance) == seconds
