"""The public pages. With or without a slash at the end: a redirect would lose the POST."""

from django.urls import re_path

from compliance.public import views

urlpatterns = [
    re_path(r"^u/(?P<token>[^/]{1,200})/?$", views.unsubscribe, name="unsubscribe"),
    re_path(r"^p/(?P<token>[^/]{1,200})/?$", views.preferences, name="preferences"),
]
