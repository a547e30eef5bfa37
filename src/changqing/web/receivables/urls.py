from __future__ import annotations

from django.urls import path

from changqing.web.receivables import views

urlpatterns = [path("portfolio/receivables/", views.receivables_page, name="receivables")]
