from __future__ import annotations

from django.urls import path

from changqing.web.merging import views

urlpatterns = [
    path("duplicates/", views.duplicates, name="duplicates"),
    path("merge/", views.merge, name="merge"),
    path("merge/apart/", views.apart, name="say_apart"),
    path("merges/<int:pk>/undo/", views.undo, name="undo_merge"),
    path("account-record/<path:key>/", views.record, name="account_record"),
]
