"""Where providers call."""

from django.urls import path

from messaging import views

urlpatterns = [
    path("hooks/twilio/<str:connection>/status", views.twilio_status, name="twilio-status"),
]
