"""Messages, connections and “may I?” over REST."""

from messaging.api.connections import Connections
from messaging.api.decisions import Decisions
from messaging.api.messages import Messages

__all__ = ["Connections", "Decisions", "Messages"]
