"""Addresses of the methods' pages."""

from __future__ import annotations

from django.urls import path

from changqing.web.methods import views

urlpatterns = [
    path("methods/", views.methods_page, name="methods"),
    path("methods/<slug:name>/", views.method_page, name="method"),
    path("methods/<slug:name>/preview/", views.preview_page, name="preview_method"),
    path("methods/<slug:name>/publish/", views.publish_page, name="publish_method"),
    path("methods/<slug:name>/<int:version>/restore/", views.restore_page, name="restore_method"),
    path("methods/<slug:name>/toml/", views.toml, name="method_toml"),
]
