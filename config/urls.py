"""Every address of Heed. `/healthz` and `/readyz` are answered before these, in config/health.py."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.api.errors import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

admin.autodiscover()
# The admin's own form would let people in past their second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("", include("compliance.public.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", include("config.desk.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api.urls")),
    path("", include("messaging.urls")),
]
