"""Addresses of Today and of answers to warnings."""

from django.urls import path

from changqing.web.today.views import answer_page, today_list

urlpatterns = [
    path("today/", today_list, name="today"),
    path("today/<int:pk>/answer", answer_page, name="answer_warning"),
]
