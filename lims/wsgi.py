"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lims.settings")

application = get_wsgi_application()

from lims.configuration import note_at_start  # noqa: E402 - Django is ready only now

note_at_start("web server")
