"""Messages, connections and “may I?” over REST."""

from messaging.api.broadcasts import Broadcasts
from messaging.api.connections import Connections
from messaging.api.decisions import Decisions
from messaging.api.messages import Messages
from messaging.api.previews import Deliveries
from messaging.api.rate_limits import RateLimits

__all__ = ["Broadcasts", "Connections", "Decisions", "Deliveries", "Messages", "RateLimits"]
