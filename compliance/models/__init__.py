from compliance.models.feedback import FeedbackEvent
from compliance.models.hours import PermittedHours
from compliance.models.inbound import InboundEvent, Statement
from compliance.models.permits import Permit
from compliance.models.profile import Profile
from compliance.models.reviews import Review
from compliance.models.tokens import LinkToken, Told

__all__ = [
    "FeedbackEvent",
    "InboundEvent",
    "LinkToken",
    "Permit",
    "PermittedHours",
    "Profile",
    "Review",
    "Statement",
    "Told",
]
