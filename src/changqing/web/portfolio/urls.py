from __future__ import annotations

from django.urls import path

from changqing.web.portfolio import views

urlpatterns = [path("portfolio/", views.portfolio_page, name="portfolio")]
