from __future__ import annotations

from allauth.socialaccount.providers.openid_connect import views as openid
from django.urls import path

from changqing.web.door import links, second, views

urlpatterns = [
    path("", views.home, name="home"),
    path("signin/", views.signin, name="signin"),
    path("signout/", views.signout, name="signout"),
    path("verify/", second.verify, name="mfa_authenticate"),
    path("choose-password/", second.choose, name="choose_password"),
    path("enrol/", second.enrol, name="enrol"),
    path("join/<str:code>", links.join, name="join"),
    path("oidc/<slug:provider_id>/login/", openid.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", openid.callback, name="openid_connect_callback"),
    path("start", views.start, name="start"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("keys/", views.keys, name="keys"),
    path("tour/", views.tour, name="tour"),
]
