"""When a message that the provider provably did not take is tried again. A function of plain values."""

STEPS = (2.0, 8.0, 30.0, 120.0, 600.0)
JITTER = 0.25
LONGEST = 3600.0


def delay(attempts: int, *, asked_for: float = 0.0, chance: float) -> float:
    """Seconds until the next try after `attempts` tries; never before the provider asked for.

    `chance`, from 0 to 1, spreads what failed together by up to a quarter.
    """
    step = STEPS[min(max(attempts, 1), len(STEPS)) - 1]
    return max(step, min(asked_for, LONGEST)) * (1 + JITTER * chance)
