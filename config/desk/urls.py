"""The desk's own addresses. They stand before the admin's under /admin/, and need somebody who is signed in."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpResponseBase
from django.urls import URLPattern, path

from config.desk import (
    bulk_dnd,
    business,
    compliance_page,
    connection_pace,
    connections,
    contact,
    contact_as_of,
    contact_dnd,
    contact_form,
    contact_message,
    contact_reach,
    contact_timeline,
    contact_work,
    dnc,
    enrollment,
    hours_page,
    jobs,
    merging,
    message_why,
    notifications,
    reviews,
    settings_pages,
    suppressions,
    workflow,
)
from config.desk.broadcasts import views as broadcasts
from config.desk.exporting import page as exporting
from config.desk.importing import page as importing
from config.desk.ledger import page as ledger
from config.desk.pipelines import action, board, bulk, status
from config.desk.pipelines import contact as contact_pipeline
from config.desk.reports import dnc as dnc_report
from config.desk.reports import page as reports

app_name = "desk"


def _page(route: str, view: Callable[..., HttpResponseBase], name: str, **given: Any) -> URLPattern:
    return path(route, admin.site.admin_view(view), given, name=name)


FLOW = "workflows/workflow/<str:pk>/"
ONE = "contacts/contact/<str:pk>/"
CAST = "broadcasts/<str:pk>/"

urlpatterns = [
    _page("business/switch/", business.switch, "switch"),
    _page("business/found/", business.found, "found"),
    _page("profile/", settings_pages.profile, "profile"),
    _page("compliance/", compliance_page.show, "compliance"),
    _page("hours/", hours_page.show, "hours"),
    _page("hours/edit/", hours_page.edit, "hours-edit"),
    _page("duplicates/", merging.find, "duplicates"),
    _page("suppressions/add/", suppressions.add, "suppression-add"),
    _page("suppressions/import/", suppressions.bring_in, "suppression-import"),
    _page("suppressions/export/", suppressions.take_out, "suppression-export"),
    _page("suppressions/<str:pk>/lift/", suppressions.lift, "suppression-lift"),
    _page("exports/", exporting.start, "exports"),
    _page("exports/<str:pk>/", exporting.fetch, "export-file"),
    _page("imports/", importing.start, "imports"),
    _page("imports/<str:pk>/", importing.show, "import"),
    _page("imports/<str:pk>/columns/", importing.choose, "import-columns"),
    _page("imports/<str:pk>/go/", importing.go, "import-go"),
    _page("imports/<str:pk>/stop/", importing.stop, "import-stop"),
    _page("imports/<str:pk>/discard/", importing.discard, "import-discard"),
    _page("imports/<str:pk>/rows/", importing.problems, "import-problems"),
    _page("reports/", reports.show, "reports"),
    _page("reports/csv/", reports.as_csv, "reports-csv"),
    _page("reports/do-not-contact/", dnc_report.show, "reports-dnc"),
    _page("reports/do-not-contact/csv/", dnc_report.as_csv, "reports-dnc-csv"),
    _page("pipelines/", board.show, "pipelines"),
    _page("pipelines/run/", bulk.run, "action-bulk"),
    _page("pipelines/new/", board.add, "pipeline-add"),
    _page("pipelines/<str:pk>/", board.edit, "pipeline"),
    _page("pipelines/<str:pk>/status/", status.add, "status-add"),
    _page("pipelines/status/<str:pk>/", status.show, "status"),
    _page("pipelines/status/<str:pk>/remove/", status.remove, "status-remove"),
    _page("pipelines/status/<str:pk>/shift/", board.shift, "status-shift"),
    _page("pipelines/status/<str:pk>/action/", action.add, "action-add"),
    _page("pipelines/action/<str:pk>/", action.edit, "action"),
    _page("pipelines/action/<str:pk>/remove/", action.delete, "action-delete"),
    _page("pipelines/action/<str:pk>/copy/", action.copy, "action-copy"),
    _page("pipelines/action/<str:pk>/template/", action.save_template, "action-template"),
    _page("pipelines/template/<str:pk>/", action.apply_template, "template-apply"),
    _page("bulk/dnd/", bulk_dnd.change, "bulk-dnd"),
    _page("dnc/check/", dnc.check, "dnc-check"),
    _page("dnc/<str:pk>/", dnc.entry, "dnc-entry"),
    _page("ledger/", ledger.show, "ledger"),
    _page("ledger/verify/", ledger.verify, "ledger-verify"),
    _page("ledger/export/", ledger.export, "ledger-export"),
    _page("ledger/<str:pk>/", ledger.line, "ledger-line"),
    _page("jobs/<str:pk>/", jobs.show, "job"),
    _page("jobs/<str:pk>/line/", jobs.line, "job-line"),
    _page("jobs/<str:pk>/cancel/", jobs.cancel, "job-cancel"),
    _page("jobs/<str:pk>/refused/", jobs.refused, "job-refused"),
    _page("jobs/<str:pk>/files/<str:name>/", jobs.fetch, "job-file"),
    _page("people/add/", settings_pages.member_add, "member-add"),
    _page("people/<str:pk>/", settings_pages.member, "member"),
    _page("connections/add/", connections.add, "connection-add"),
    _page("connections/<str:pk>/", connections.edit, "connection"),
    _page("connections/<str:pk>/pace/", connection_pace.edit, "connection-pace"),
    _page("connections/<str:pk>/switch/", connections.switch, "connection-switch"),
    _page("connections/<str:pk>/test/", connections.test, "connection-test"),
    _page("broadcasts/new/", broadcasts.add, "broadcast-add"),
    _page("broadcasts/count/", broadcasts.count, "broadcast-count"),
    _page(CAST, broadcasts.show, "broadcast"),
    _page(f"{CAST}preview/", broadcasts.preview, "broadcast-preview"),
    _page(f"{CAST}outcomes/", broadcasts.coming_out, "broadcast-outcomes"),
    _page(f"{CAST}progress/", broadcasts.progress, "broadcast-progress"),
    _page(f"{CAST}pause/", broadcasts.turn, "broadcast-pause", act="pause"),
    _page(f"{CAST}resume/", broadcasts.turn, "broadcast-resume", act="resume"),
    _page(f"{CAST}stop/", broadcasts.stop, "broadcast-stop"),
    _page("teams/", settings_pages.teams, "teams"),
    _page("teams/<str:pk>/", settings_pages.team, "team"),
    _page("keys/add/", settings_pages.key_add, "key-add"),
    _page("keys/<str:pk>/revoke/", settings_pages.key_revoke, "key-revoke"),
    _page("reviews/<str:pk>/", reviews.decide, "review"),
    _page("notifications/", notifications.notifications, "notifications"),
    _page("workflows/workflow/new/", workflow.add, "workflow-add"),
    _page(f"{FLOW}edit/", workflow.show, "workflow"),
    _page(f"{FLOW}edit/publish/", workflow.publish, "workflow-publish"),
    _page(f"{FLOW}edit/unpublish/", workflow.unpublish, "workflow-unpublish"),
    _page(f"{FLOW}edit/remove/", workflow.delete, "workflow-delete"),
    _page(f"{FLOW}edit/status/", workflow.status, "workflow-status"),
    _page("workflows/enrollment/<str:pk>/path/", enrollment.show, "enrollment"),
    _page(f"{ONE}dnd/", contact_dnd.change, "dnd"),
    _page(f"{ONE}dnd/undo/", contact_dnd.undo, "dnd-undo"),
    _page(f"{ONE}dnd/panel/", contact_dnd.panel, "dnd-panel"),
    _page(f"{ONE}dnd/note/", contact_dnd.note, "dnd-note"),
    _page(f"{ONE}as-of/", contact_as_of.show, "as-of"),
    _page(f"{ONE}edit/", contact_form.edit, "contact-edit"),
    _page(f"{ONE}remove/", contact_form.delete, "contact-delete"),
    _page(f"{ONE}preferred/", contact_reach.prefer, "preferred"),
    _page(f"{ONE}erase/", contact_form.erase, "contact-erase"),
    _page(f"{ONE}merge/", merging.merge, "merge"),
    _page(f"{ONE}tags/", contact_work.tags, "tags"),
    _page(f"{ONE}tasks/", contact_work.tasks, "tasks"),
    _page(f"{ONE}tasks/<str:task>/done/", contact_work.complete, "task-complete"),
    _page(f"{ONE}notes/", contact_work.notes, "notes"),
    _page(f"{ONE}enroll/", contact_work.enroll, "contact-enroll"),
    _page(f"{ONE}status/", contact_pipeline.move, "contact-status"),
    _page(f"{ONE}actions/", contact_pipeline.why, "action-why"),
    _page(f"{ONE}actions/<str:action>/", contact_pipeline.run, "action-run"),
    _page(f"{ONE}message/", contact_message.send, "message"),
    _page(f"{ONE}message/preview/", contact_message.preview, "message-preview"),
    _page(f"{ONE}dnd/state/", contact_timeline.state, "dnd-state"),
    _page("messages/<str:pk>/why/", message_why.show, "message-why"),
    _page(f"{ONE}timeline/", contact_timeline.earlier, "timeline"),
    _page(f"{ONE}part/<str:name>/", contact.part, "contact-part"),
]
