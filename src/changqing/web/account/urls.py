from __future__ import annotations

from django.urls import path

from changqing.web.account import views

# A key may hold anything, slashes too, so what belongs to an account is asked for with ?part=.
urlpatterns = [path("accounts/<path:key>/", views.account, name="account")]
