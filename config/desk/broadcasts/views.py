"""One broadcast: its form while it is a draft, what it would come to, sending it, and how far it is."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.desk import finding, site
from config.desk.broadcasts import counting as slices
from config.desk.broadcasts import wording
from config.desk.broadcasts.forms import BroadcastForm, SendForm, audience_of, faults_by_field, start_of
from config.desk.settings_pages import blame, tried
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Business
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Role
from messaging.broadcasting import counting, editing, people, previewing, sending
from messaging.models import Broadcast
from messaging.services.manual import VARIABLES

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
State = Broadcast.State
AT_ONCE = 3_000
"""An audience up to this size is counted while the page is made; a larger one once it is there."""
ENDED = (State.FINISHED, State.CANCELLED)
TURNS: dict[str, tuple[Callable[..., Broadcast], str]] = {
    "pause": (sending.pause, "Paused. What has not left is held."),
    "resume": (sending.resume, "It goes on."),
    "cancel": (sending.cancel, "Cancelled. What had not left stays unsent."),
}


@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    business = business_of(request)
    _only_managers(request)
    form = BroadcastForm(business, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = _saved(form, lambda data: editing.create(business=business, data=data, by=actor_of(request)))
        if made:
            return redirect("desk:broadcast-preview", made.pk)
    return _editor(request, form, None)


@get_or_post
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """A draft is edited by whoever may, and read by the others; what was sent shows how far it is."""
    broadcast = _found(request, pk)
    if broadcast.state != State.DRAFT:
        return _progress_page(request, broadcast)
    if not reaches(request, Role.MANAGER.value):
        context = {"broadcast": broadcast, "audience": _audience(broadcast)}
        return site.page(request, "desk/broadcast/draft.html", context, title=broadcast.name)
    form = BroadcastForm(
        broadcast.business, request.POST if request.method == "POST" else None, initial=start_of(broadcast)
    )
    if request.method == "POST" and _saved(
        form, lambda data: editing.update(broadcast=broadcast, data=data, by=actor_of(request))
    ):
        return redirect("desk:broadcast-preview", broadcast.pk)
    return _editor(request, form, broadcast)


def _saved(form: BroadcastForm, do: Callable[[dict[str, Any]], Broadcast]) -> Broadcast | None:
    """What the service made of the form; None when one of them refuses it, said at the fields."""

    def with_names(_: dict[str, Any]) -> Broadcast:
        try:
            return do(form.data_for_service())
        except Invalid as invalid:
            raise Invalid(faults_by_field(invalid.errors)) from invalid

    saved: Broadcast | None = tried(form, with_names)
    return saved


def _editor(request: HttpRequest, form: BroadcastForm, broadcast: Broadcast | None) -> HttpResponse:
    business = business_of(request)
    named = {name: [form[field] for field in fields] for name, fields in GROUPS.items()}
    context = {
        "form": form,
        "groups": named,
        "broadcast": broadcast,
        "variables": sorted(VARIABLES),
        "count": _count(
            business,
            broadcast.audience if broadcast else {},
            include_dead=bool(broadcast and broadcast.include_dead),
        ),
        "zone": business.timezone,
    }
    title = broadcast.name if broadcast else "New broadcast"
    status = 422 if form.errors else 200
    return site.page(request, "desk/broadcast/editor.html", context, title=title, status=status)


GROUPS = {
    "basics": ("name", "kind"),
    "audience": ("search", "tag", "status", "dnd_state", "dnd_channel", "dnd_reason", "do_not_contact"),
    "lost": ("include_dead",),
    "slowly": ("window_opens", "window_closes", "per_minute"),
    "copy": ("text", "call", "email_subject", "email_body"),
}


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """How many are in an audience that is just being chosen."""
    business = business_of(request)
    form = BroadcastForm(business, request.GET)
    form.is_valid()
    given = form.cleaned_data
    counted = _count(business, audience_of(given), include_dead=bool(given.get("include_dead")))
    return render(request, "desk/broadcast/count.html", {"count": counted})


def _count(business: Business, wanted: dict[str, Any], *, include_dead: bool) -> dict[str, int]:
    asked = Broadcast(business=business, audience=wanted, include_dead=include_dead)
    return {"people": people.of(asked).count(), "left_out": people.left_out(asked)}


@get_or_post
def preview(request: HttpRequest, pk: str) -> HttpResponse:
    """What it would come to if it were sent now, and the form that sends it."""
    broadcast = _found(request, pk)
    if broadcast.state != State.DRAFT:
        return redirect("desk:broadcast", broadcast.pk)
    form = SendForm(request.POST if request.method == "POST" else None)
    form.fields["at"].help_text = f"On the clock of your business ({broadcast.business.timezone})."
    if request.method == "POST" and form.is_valid():
        at = form.at_for_service(broadcast.business.timezone)
        try:
            sending.send(broadcast=broadcast, at=at, by=actor_of(request))
        except Invalid as invalid:
            blame(form, invalid.errors)
        except Conflict as conflict:
            messages.error(request, str(conflict))
            return redirect("desk:broadcast", broadcast.pk)
        else:
            messages.success(request, "It begins at its time." if at else "It is on its way.")
            return redirect("desk:broadcast", broadcast.pk)
    size = people.of(broadcast).count()
    context = {
        "broadcast": broadcast,
        "form": form,
        "size": size,
        "audience": _audience(broadcast),
        "may_send": reaches(request, Role.MANAGER.value),
        **(
            _in_words(previewing.preview(broadcast))
            if size <= AT_ONCE or "count" in request.GET
            else {"percent": 0}
        ),
    }
    status = 422 if form.errors else 200
    return site.page(
        request,
        "desk/broadcast/preview.html",
        context,
        title=f"Before you send “{broadcast.name}”",
        status=status,
    )


@require_POST
def coming_out(request: HttpRequest, pk: str) -> HttpResponse:
    """The next part of a count that takes a while, and at its end what it came to."""
    broadcast = _found(request, pk)
    count, complete = slices.count_some(broadcast, request.POST.get("so_far", ""))
    if complete:
        context = _in_words(previewing.outcome(broadcast, count))
        return render(request, "desk/broadcast/outcomes.html", {"broadcast": broadcast, **context})
    size = people.of(broadcast).count()
    context = {
        "broadcast": broadcast,
        "count": count,
        "size": size,
        "percent": min(99, 100 * count.total // max(1, size)),
        "so_far": slices.packed(broadcast, count),
    }
    return render(request, "desk/broadcast/counting.html", context)


def _in_words(seen: previewing.Preview) -> dict[str, Any]:
    reached, others = wording.coming_out(seen)
    return {"seen": seen, "reached": reached, "others": others}


def _progress_page(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    context = {"audience": _audience(broadcast), **_progress(request, broadcast)}
    return site.page(request, "desk/broadcast/progress_page.html", context, title=broadcast.name)


@require_safe
def progress(request: HttpRequest, pk: str) -> HttpResponse:
    """How far it is, asked for again and again by its page."""
    return render(request, "desk/broadcast/progress.html", _progress(request, _found(request, pk)))


def _progress(request: HttpRequest, broadcast: Broadcast) -> dict[str, Any]:
    done = counting.progress(broadcast)
    return {
        "broadcast": broadcast,
        "progress": done,
        "percent": round(100 * done.settled / done.total) if done.total else 0,
        "lines": wording.became(broadcast, done),
        "refusals": wording.refusals(done),
        "ended": broadcast.state in ENDED,
        "may_steer": reaches(request, Role.MANAGER.value),
    }


@require_POST
def turn(request: HttpRequest, pk: str, act: str) -> HttpResponse:
    """Pause it, go on with it, or cancel it."""
    broadcast = _found(request, pk)
    do, said = TURNS[act]
    try:
        do(broadcast=broadcast, by=actor_of(request))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, said)
    return redirect("desk:broadcast", broadcast.pk)


@get_or_post
def stop(request: HttpRequest, pk: str) -> HttpResponse:
    """Ask before it is cancelled, or before a draft is thrown away."""
    broadcast = _found(request, pk)
    _only_managers(request)
    if request.method == "POST" and broadcast.state == State.DRAFT:
        editing.delete(broadcast=broadcast, by=actor_of(request))
        messages.success(request, "Thrown away.")
        return redirect("admin:messaging_broadcast_changelist")
    if request.method == "POST":
        return turn(request, pk, "cancel")
    context = {"broadcast": broadcast, "progress": counting.progress(broadcast)}
    word = "Throw away" if broadcast.state == State.DRAFT else "Cancel"
    return site.page(request, "desk/broadcast/stop.html", context, title=f"{word} “{broadcast.name}”?")


def _audience(broadcast: Broadcast) -> str:
    return wording.audience(broadcast, wording.status_names(broadcast.business))


def _found(request: HttpRequest, pk: str) -> Broadcast:
    mine = Broadcast.objects.of(business_of(request)).select_related("business")
    return finding.one(mine, pk)


def _only_managers(request: HttpRequest) -> None:
    if not reaches(request, Role.MANAGER.value):
        raise RoleRequired(Role.MANAGER.value)
