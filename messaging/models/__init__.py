from messaging.models.audits import Audit
from messaging.models.broadcasts import Broadcast, Pace
from messaging.models.connections import Connection, ListReading
from messaging.models.messages import (
    LANE_OF,
    WAITING,
    Lane,
    Message,
    MessageClass,
    MessageQuerySet,
    MessageState,
)

__all__ = [
    "LANE_OF",
    "WAITING",
    "Audit",
    "Broadcast",
    "Connection",
    "Lane",
    "ListReading",
    "Message",
    "MessageClass",
    "MessageQuerySet",
    "MessageState",
    "Pace",
]
