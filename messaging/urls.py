"""Where providers call."""

from django.urls import path

from messaging import views
from messaging.feedback.views import tracking

urlpatterns = [
    path("hooks/twilio/<str:connection>/message", views.twilio_message, name="twilio-message"),
    path("hooks/twilio/<str:connection>/voice", views.twilio_voice, name="twilio-voice"),
    path("hooks/twilio/<str:connection>/status", views.twilio_status, name="twilio-status"),
    path("hooks/email/<str:connection>/<str:esp>/tracking", tracking, name="email-tracking"),
]
