"""Every page of the product. A page folder has its own urls.py; names are flat."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from changqing.web.errors.views import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("changqing.web.door.urls")),
    path("", include("changqing.web.today.urls")),
    path("", include("changqing.web.portfolio.urls")),
    path("", include("changqing.web.receivables.urls")),
    path("", include("changqing.web.growth.urls")),
    path("", include("changqing.web.accounts.urls")),
    path("", include("changqing.web.account.urls")),
    path("", include("changqing.web.entry.urls")),
    path("", include("changqing.web.team.urls")),
    path("", include("changqing.web.merging.urls")),
    path("", include("changqing.web.keeping.urls")),
    path("", include("changqing.web.groups.urls")),
    path("", include("changqing.web.book.urls")),
    path("", include("changqing.web.imports.urls")),
    path("", include("changqing.web.audit.urls")),
    path("", include("changqing.web.persons.urls")),
    path("settings/", include("changqing.web.settings.urls")),
    path("", include("changqing.web.methods.urls")),
    path("", include("changqing.web.learn.urls")),
    path("", include("changqing.web.find.urls")),
    path("", include("changqing.web.plans.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
