from compliance.models.feedback import FeedbackEvent
from compliance.models.hours import PermittedHours
from compliance.models.profile import Profile
from compliance.models.tokens import LinkToken, Told

__all__ = ["FeedbackEvent", "LinkToken", "PermittedHours", "Profile", "Told"]
