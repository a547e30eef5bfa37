from __future__ import annotations

from django.urls import path

from changqing.web.groups import views

urlpatterns = [
    path("groups/", views.groups, name="groups"),
    path("account-group/<path:key>/", views.tree, name="account_group"),
]
