"""Address of the palette's answers."""

from __future__ import annotations

from django.urls import path

from changqing.web.find.views import find

urlpatterns = [path("find/", find, name="find")]
