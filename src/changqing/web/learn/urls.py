"""Addresses of Learn."""

from __future__ import annotations

from django.urls import path

from changqing.web.learn import views

urlpatterns = [
    path("learn/", views.learn, name="learn"),
    path("learn/test", views.ask_test, name="ask_test"),
]
