"""The link with which somebody who was added chooses a first password. Shown once, to whoever added them."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from config.desk import site
from contacts.models import User


def link(user: User) -> str:
    """Good for as long as a link to reset a password is, and once only."""
    token = default_token_generator.make_token(user)
    where = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": token}
    )
    return f"{settings.HEED_BASE_URL}{where}"


def show(request: HttpRequest, user: User) -> HttpResponse:
    return site.page(
        request, "desk/invitation.html", {"invited": user, "link": link(user)}, title="One more step"
    )
