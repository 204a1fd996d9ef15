"""What staff do on a contact's page besides DND: tags, tasks and notes. Each saves at once, with or without htmx."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from config.desk import contact as page
from config.desk import days, finding, site
from contacts.acting import actor_of, membership_of, reaches
from contacts.models import Contact
from contacts.services import tags as tag_services
from contacts.services import work
from contacts.services.errors import Conflict, Invalid
from contacts.words import Role
from workflows import services as workflows


class TagForm(forms.Form):
    add = forms.CharField(max_length=200, required=False)
    remove = forms.CharField(max_length=200, required=False)


class TaskForm(forms.Form):
    title = forms.CharField(max_length=200, error_messages={"required": "Say what is to be done."})
    due_at = forms.DateTimeField(
        required=False,
        validators=days.MOMENTS,
        error_messages={"invalid": "Give a date and a time, or leave it empty."},
    )


class NoteForm(forms.Form):
    text = forms.CharField(max_length=2000, error_messages={"required": "Write something first."})


@require_POST
def tags(request: HttpRequest, pk: str) -> HttpResponse:
    """Put one tag on, or take one off."""
    contact = finding.contact(request, pk)
    form = TagForm(request.POST)
    if not form.is_valid():
        return _answer(request, contact, "tags", error=_first(form))
    add, remove = form.cleaned_data["add"], form.cleaned_data["remove"]
    try:
        tag_services.edit(
            business=contact.business,
            contact=contact.pk,
            by=actor_of(request),
            add_names=[] if remove else [add],
            remove_names=[remove] if remove else [],
        )
    except Invalid as invalid:
        return _answer(request, contact, "tags", error=str(invalid))
    return _answer(
        request, contact, "tags", said=f"Tag “{remove}” removed." if remove else f"Tag “{add}” added."
    )


@require_POST
def tasks(request: HttpRequest, pk: str) -> HttpResponse:
    contact = finding.contact(request, pk)
    form = TaskForm(request.POST)
    if not form.is_valid():
        return _answer(request, contact, "tasks", error=_first(form), form=form)
    title, due_at = form.cleaned_data["title"], form.cleaned_data["due_at"]
    work.create_tasks(contact.business_id, [(contact.pk, title, due_at, actor_of(request).label)])
    return _answer(request, contact, "tasks", said=f"Task “{title}” added.")


@require_POST
def complete(request: HttpRequest, pk: str, task: str) -> HttpResponse:
    contact = finding.contact(request, pk)
    done = finding.one(contact.tasks.all(), task)
    work.complete_task(done)
    return _answer(request, contact, "tasks", said=f"Task “{done.title}” done.")


@require_POST
def notes(request: HttpRequest, pk: str) -> HttpResponse:
    contact = finding.contact(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _answer(request, contact, "notes", error=_first(form), form=form)
    author = membership_of(request).user
    work.add_note(
        business=contact.business_id, contact=contact.pk, author=author, text=form.cleaned_data["text"]
    )
    return _answer(request, contact, "notes", said="Note added.")


@require_POST
def enroll(request: HttpRequest, pk: str) -> HttpResponse:
    """Put the contact into a published workflow by hand."""
    contact = finding.contact(request, pk)
    workflow = finding.workflow(request, request.POST.get("workflow", ""))
    try:
        workflows.enroll(workflow=workflow, contact=contact.pk, by=actor_of(request))
    except Conflict as conflict:
        return _answer(request, contact, "enrollments", error=str(conflict))
    return _answer(request, contact, "enrollments", said=f"{contact.name} is in {workflow.name} now.")


def _first(form: forms.Form) -> str:
    return str(next(iter(form.errors.values()))[0])


def _answer(
    request: HttpRequest, contact: Contact, name: str, *, said: str = "", error: str = "", form: Any = None
) -> HttpResponse:
    """The card as it is now, or the whole page again; what was typed stays where it was not accepted."""
    if not site.part(request):
        (messages.error if error else messages.success)(request, error or said)
        return redirect(f"{reverse('admin:contacts_contact_change', args=[contact.pk])}#{name}")
    context = {"contact": contact, "error": error, "form": form, "said": said, **page.PARTS[name](contact)}
    context["may_enroll"] = reaches(request, Role.MANAGER.value)
    response = render(request, f"desk/contact/{name}.html", context)
    if said:
        response["HX-Trigger"] = "contact-changed"
    return response
