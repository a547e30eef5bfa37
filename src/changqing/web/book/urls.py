from __future__ import annotations

from django.urls import path

from changqing.web.book import views

urlpatterns = [
    path("imports/self/", views.book_page, name="book_self"),
    path("imports/self/lines/", views.lines_page, name="book_lines"),
]
