"""The Content-Security-Policy header: strict everywhere, looser in the admin alone."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            parts.update = _joined(settings.CONTENT_SECURITY_POLICY_FOR_ADMIN, parts.update or {})
        return parts


def _joined(*policies: dict[str, Any]) -> dict[str, list[str]]:
    names = {name for policy in policies for name in policy}
    return {name: [source for policy in policies for source in policy.get(name, ())] for name in names}
