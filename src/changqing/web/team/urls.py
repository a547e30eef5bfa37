from __future__ import annotations

from django.urls import path

from changqing.web.team import views

urlpatterns = [path("team/<path:key>/", views.team, name="team")]
