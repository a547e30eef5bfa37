"""The web server calls this; its workers call ``warm`` beside their first answers."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changqing.settings")
application = get_wsgi_application()
# the pages are loaded here, once for all workers that are forked from this process
get_resolver().url_patterns  # noqa: B018

from changqing.web.warming import warm  # noqa: E402, F401
