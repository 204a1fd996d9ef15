"""What somebody was told: the bell's page, and marking it read."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.desk import site
from contacts.acting import membership_of
from contacts.services import work

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """What is unread, newest first. With POST: mark one of them read, or all of them."""
    membership = membership_of(request)
    unread = work.unread_by(membership)
    if request.method == "POST":
        one = request.POST.get("one", "")
        if one:
            unread = unread.filter(pk=int(one)) if one.isdecimal() and len(one) < 19 else unread.none()
        marked = list(unread.values_list("pk", flat=True))
        work.mark_read(membership.user, marked)
        messages.success(request, "Marked as read.")
        return redirect("desk:notifications")
    page = Paginator(unread.select_related("contact"), SHOWN).get_page(request.GET.get("page"))
    return site.page(request, "desk/notifications.html", {"page": page}, title="Notifications")
