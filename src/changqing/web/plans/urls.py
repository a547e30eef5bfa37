"""Addresses of the review room."""

from __future__ import annotations

from django.urls import path

from changqing.web.plans import views

urlpatterns = [
    path("plans/", views.review_room, name="plans"),
    path("plans/close", views.close, name="close_review"),
    path("plans/<int:pk>/done", views.done, name="finish_decision"),
    path("plans/decide/<path:key>/", views.decide_page, name="decide_review"),
]
