"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lims.settings")

application = get_wsgi_application()

# Django is ready only now.
from django.db import connection  # noqa: E402

from lims.configuration import note_once  # noqa: E402

note_once("web server")
connection.close()
