from __future__ import annotations

from django.urls import path

from changqing.web.imports import views

urlpatterns = [
    path("imports/", views.imports_page, name="imports"),
    path("imports/<int:number>/undo/", views.undo, name="undo_import"),
    path("imports/<int:number>/redo/", views.redo, name="redo_import"),
    path("imports/<int:pk>/refused/", views.refused_rows, name="refused_rows"),
]
