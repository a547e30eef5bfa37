from __future__ import annotations

from django.urls import path

from changqing.web.door import views

urlpatterns = [
    path("", views.home, name="home"),
    path("signin/", views.signin, name="signin"),
    path("signout/", views.signout, name="signout"),
    path("start", views.start, name="start"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("keys/", views.keys, name="keys"),
]
