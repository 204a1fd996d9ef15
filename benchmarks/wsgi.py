"""Heed as it is served, with the bare view beside it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

settings.ROOT_URLCONF = "benchmarks.bare"

from config.wsgi import application  # noqa: E402, F401
