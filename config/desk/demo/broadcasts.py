"""The demo's broadcast: a draft, to look at who would get it and who nothing and why."""

from contacts.actors import Actor
from contacts.models import Business
from messaging.broadcasting import editing
from messaging.models import Broadcast

DRAFT = {
    "name": "Flu shots",
    "text": "{{business.name}}: flu shots are in, {{contact.first_name}}. Call us to book yours.",
    "email_subject": "Flu shots are in",
    "email_body": "Hello {{contact.first_name}},\n\nflu shots are in. Call {{business.phone}} to book yours.",
}


def seed(business: Business, *, by: Actor) -> None:
    """Write the draft where the business has no broadcast. It is not sent."""
    if business.slug == "demo" and not Broadcast.objects.filter(business=business).exists():
        editing.create(business=business, data=DRAFT, by=by)
