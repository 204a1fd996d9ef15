"""How close a business is to being cut off by those who carry its messages. Plain values in, plain values out."""

from dataclasses import dataclass

LIMITS = {
    # opt-outs and errors: what carriers and SMS providers allow; complaints: Gmail and Yahoo since 2024
    "opt_out": (0.02, 0.03),
    "error": (0.06, 0.10),
    "complaint": (0.001, 0.003),
}
"""The share at which a sender is warned, and that at which it is cut off."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of the messages that were sent on a channel came to this. `state`: fine, warn or stop."""

    channel: str
    kind: str
    count: int
    of: int

    @property
    def value(self) -> float:
        """A share; more opt-outs than messages are still no more than all."""
        return min(self.count / self.of, 1.0) if self.of else 0.0

    @property
    def warn_at(self) -> float:
        return LIMITS[self.kind][0]

    @property
    def stop_at(self) -> float:
        return LIMITS[self.kind][1]

    @property
    def state(self) -> str:
        if self.value >= self.stop_at:
            return "stop"
        return "warn" if self.value >= self.warn_at else "fine"
