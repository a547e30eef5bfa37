"""The web server calls this."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changqing.settings")
application = get_wsgi_application()
