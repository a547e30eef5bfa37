from __future__ import annotations

from django.urls import path

from changqing.web.audit import views

urlpatterns = [path("settings/audit/", views.audit, name="audit")]
