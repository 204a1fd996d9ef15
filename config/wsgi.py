"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.environment import need_servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

need_servers()
application = get_wsgi_application()
