"""Every address of the REST API, version 1."""

from typing import Any

from django.urls import path, re_path

from compliance.api import Suppressions
from config.api import documents, errors
from config.desk.api import Contacts
from config.desk.exporting.api import Exports, JobFiles
from config.desk.profile_api import BusinessProfile
from config.desk.reports.api import DndReport
from contacts.api import Jobs
from contacts.rest.pipelines import Pipelines, Statuses
from dnd.api import Dnd
from dnd.bulk_api import DndBulk
from dnd.dnc_api import DncList
from dnd.preferences_api import Preferences
from messaging.api import Broadcasts, Connections, Decisions, Deliveries, Messages, RateLimits
from workflows.api import Enrollments, Workflows
from workflows.api_actions import StatusActions

ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
MANY: dict[str, Any] = {"get": "list", "post": "create"}

urlpatterns = [
    path("contacts/", Contacts.as_view(MANY)),
    path("contacts/<str:id>/", Contacts.as_view(ONE)),
    path("contacts/<str:id>/tags/", Contacts.as_view({"post": "tags"})),
    path("contacts/<str:id>/merge/", Contacts.as_view({"post": "merge"})),
    path("contacts/<str:id>/erase/", Contacts.as_view({"post": "erase"})),
    path("contacts/<str:id>/timeline/", Contacts.as_view({"get": "timeline"})),
    path("contacts/<str:id>/dnd/", Dnd.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("contacts/<str:id>/dnd/changes/", Dnd.as_view({"get": "changes"})),
    path("contacts/<str:id>/status/", Contacts.as_view({"put": "status"})),
    path("pipelines/", Pipelines.as_view(MANY)),
    path("pipelines/<str:id>/", Pipelines.as_view(ONE)),
    path("pipelines/<str:id>/statuses/", Pipelines.as_view({"get": "statuses", "post": "add_status"})),
    path("statuses/<str:id>/", Statuses.as_view(ONE)),
    path("statuses/<str:id>/actions/", StatusActions.as_view(MANY)),
    path("actions/<str:id>/", StatusActions.as_view(ONE)),
    path("actions/<str:id>/copy/", StatusActions.as_view({"post": "copy"})),
    path("contacts/<str:id>/actions/<str:action>/run/", StatusActions.as_view({"post": "run"})),
    path("contacts/<str:id>/preferences/", Preferences.as_view({"get": "retrieve", "put": "update"})),
    path("dnd/bulk/", DndBulk.as_view({"post": "create"})),
    path("dnc-list/", DncList.as_view({"get": "list"})),
    path("dnc-list/<str:id>/lift/", DncList.as_view({"post": "lift"})),
    path("decisions/", Decisions.as_view({"post": "create"})),
    path("deliveries/preview/", Deliveries.as_view({"post": "preview"})),
    path("broadcasts/", Broadcasts.as_view(MANY)),
    path("broadcasts/<str:id>/", Broadcasts.as_view(ONE)),
    path("broadcasts/<str:id>/preview/", Broadcasts.as_view({"post": "preview"})),
    path("broadcasts/<str:id>/send/", Broadcasts.as_view({"post": "send"})),
    path("broadcasts/<str:id>/pause/", Broadcasts.as_view({"post": "pause"})),
    path("broadcasts/<str:id>/resume/", Broadcasts.as_view({"post": "resume"})),
    path("broadcasts/<str:id>/cancel/", Broadcasts.as_view({"post": "cancel"})),
    path("messages/", Messages.as_view(MANY)),
    path("messages/<str:id>/", Messages.as_view({"get": "retrieve"})),
    path("workflows/", Workflows.as_view(MANY)),
    path("workflows/<str:id>/", Workflows.as_view(ONE)),
    path("workflows/<str:id>/publish/", Workflows.as_view({"post": "publish"})),
    path("workflows/<str:id>/unpublish/", Workflows.as_view({"post": "unpublish"})),
    path("workflows/<str:id>/preview/", Workflows.as_view({"post": "preview"})),
    path("workflows/<str:id>/enrollments/", Workflows.as_view({"get": "enrollments", "post": "enroll"})),
    path("enrollments/<str:id>/", Enrollments.as_view({"get": "retrieve"})),
    path("connections/", Connections.as_view(MANY)),
    path("connections/<str:id>/", Connections.as_view(ONE)),
    path("connections/<str:id>/connect/", Connections.as_view({"post": "connect"})),
    path("connections/<str:id>/rate-limit/", RateLimits.as_view({"get": "retrieve", "put": "update"})),
    path("connections/<str:id>/disconnect/", Connections.as_view({"post": "disconnect"})),
    path("jobs/<str:id>/", Jobs.as_view({"get": "retrieve"})),
    path("jobs/<str:id>/refused.csv", Jobs.as_view({"get": "refused"})),
    path("suppressions/", Suppressions.as_view({"get": "list"})),
    path("suppressions/check/", Suppressions.as_view({"post": "check"})),
    path("exports/", Exports.as_view({"post": "create"})),
    path("jobs/<str:id>/files/<str:name>", JobFiles.as_view({"get": "retrieve"})),
    path("reports/dnd/", DndReport.as_view({"get": "retrieve"})),
    path("business/", BusinessProfile.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("schema/", documents.Schema.as_view(), name="schema"),
    path("docs/", documents.Docs.as_view(), name="docs"),
    re_path("", errors.nothing_here),
]
