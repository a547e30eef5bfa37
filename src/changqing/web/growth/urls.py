from __future__ import annotations

from django.urls import path

from changqing.web.growth.views import growth_page

urlpatterns = [path("portfolio/growth/", growth_page, name="growth")]
