from __future__ import annotations

from django.urls import path

from changqing.web.keeping import views

urlpatterns = [
    path("account-archive/<path:key>/", views.archive, name="account_archive"),
    path("facts/<int:pk>/end/", views.end, name="end_fact"),
    path("notes/<int:pk>/remove/", views.remove_a_note, name="remove_note"),
    path("files/<int:pk>/", views.download, name="download_file"),
    path("files/<int:pk>/remove/", views.remove_a_file, name="remove_file"),
]
