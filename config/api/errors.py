"""The errors that no view of the REST API has answered, as problems under /api/v1/ and as pages elsewhere."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from contacts.rest import problems
from contacts.rest.problems import Problem

PREFIX = "/api/"
Page = Callable[..., HttpResponseBase]


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponseBase:
    """Any address under /api/v1/ that no resource has."""
    slash = "" if request.path.endswith("/") else " Addresses end with a slash."
    return problems.not_found(f"There is nothing at this address.{slash}").plain_response()


def _or_problem(page: Page, status: int, code: str, detail: str) -> Page:
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            return Problem(status, code, detail).plain_response()
        return page(request, *args, **kwargs)

    return answer


handler400 = _or_problem(defaults.bad_request, 400, "bad_request", "The request cannot be read.")
handler403 = _or_problem(defaults.permission_denied, 403, "forbidden", "This is not allowed.")
handler404 = _or_problem(defaults.page_not_found, 404, "not_found", "There is nothing at this address.")
handler500 = _or_problem(
    defaults.server_error, 500, "internal", "Something went wrong on our side; it was logged."
)
