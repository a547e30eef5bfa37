"""Every page of the product. A page folder has its own urls.py; its names are flat."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
