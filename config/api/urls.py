"""Every address of the REST API, version 1."""

from django.urls import path, re_path

from config.api import documents, errors
from config.desk.api import Contacts
from contacts.api import BusinessProfile
from dnd.api import Dnd

ONE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
MANY = {"get": "list", "post": "create"}



urlpatterns = [
    path("contacts/", Contacts.as_view(MANY)),
    path("contacts/<str:id>/", Contacts.as_view(ONE)),
    path("contacts/<str:id>/tags/", Contacts.as_view({"post": "tags"})),
    path("contacts/<str:id>/timeline/", Contacts.as_view({"get": "timeline"})),
    path("contacts/<str:id>/dnd/", Dnd.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("contacts/<str:id>/dnd/changes/", Dnd.as_view({"get": "changes"})),
    path("business/", BusinessProfile.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("schema/", documents.Schema.as_view(), name="schema"),
    path("docs/", documents.Docs.as_view(), name="docs"),
    re_path("", errors.nothing_here),
]
