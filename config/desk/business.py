"""The business that somebody works in: found from the session, switched by hand, and the same for the whole request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from config.desk import site
from contacts.acting import Acting
from contacts.models import Membership
from contacts.services import staff
from contacts.services.errors import Invalid, RoleRequired
from dnd import services as dnd

ADMIN = "/admin/"
CHOSEN = "membership"
FOR_EVERYBODY = ("/admin/login/", "/admin/logout/", "/admin/jsi18n/")


class BusinessMiddleware:
    """Sets `request.acting` under /admin/, and says a service's refusal in words on a page of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ADMIN) or request.path_info in FOR_EVERYBODY:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return _to_login(request) if "HX-Request" in request.headers else self.get_response(request)
        acting = find(request)
        if acting is None:
            if request.path_info == reverse("desk:found"):
                return self.get_response(request)
            return render(request, "desk/no_business.html", status=403)
        request.acting = acting  # type: ignore[attr-defined]
        with timezone.override(ZoneInfo(acting.membership.business.timezone)):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not hasattr(request, "acting"):
            return None
        if isinstance(exception, RoleRequired):
            return forbidden(request, str(exception))
        if isinstance(exception, PermissionDenied):
            return forbidden(request, "Your role does not open this page.")
        if isinstance(exception, Http404 | ObjectDoesNotExist | dnd.NoSuchContact):
            return site.page(request, "desk/missing.html", title="Nothing here", status=404)
        return None


def find(request: HttpRequest) -> Acting | None:
    """The membership chosen in this session, else the first by the business's name; None for who has none."""
    memberships = tuple(
        Membership.objects.filter(user=request.user.pk)
        .select_related("business", "user")
        .order_by("business__name")
    )
    if not memberships:
        return None
    chosen = request.session.get(CHOSEN)
    return Acting(next((m for m in memberships if m.pk == chosen), memberships[0]), memberships)


def forbidden(request: HttpRequest, why: str) -> HttpResponse:
    return site.page(request, "desk/forbidden.html", {"why": why}, title="Not allowed", status=403)


def _to_login(request: HttpRequest) -> HttpResponse:
    """A part of a page that was asked for after signing out: the whole page goes to sign in, and then back."""
    here = request.headers.get("HX-Current-URL", "")
    path = here.partition("://")[2].partition("/")[2]
    return HttpResponse(status=204, headers={"HX-Redirect": f"{reverse('account_login')}?next=/{path}"})


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Work in another of one's businesses from now on."""
    mine = Membership.objects.filter(user=request.user.pk).select_related("business")
    membership = get_object_or_404(mine, business__slug=request.POST.get("business", ""))
    request.session[CHOSEN] = membership.pk
    messages.success(request, f"You now work in {membership.business.name}.")
    return redirect("admin:index")


@require_POST
def found(request: HttpRequest) -> HttpResponse:
    """Start a business: for whoever manages the installation and belongs to none yet."""
    try:
        business = staff.found_business(name=request.POST.get("name", "").replace("\0", ""), by=request.user)  # type: ignore[arg-type]
    except Invalid as invalid:
        messages.error(request, str(invalid))
        return redirect("admin:index")
    messages.success(request, f"{business.name} is ready. Its Business Profile comes first.")
    return redirect("desk:profile")
