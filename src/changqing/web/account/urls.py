from __future__ import annotations

from django.urls import path

from changqing.web.account import views
from changqing.web.account.deciding import judge
from changqing.web.account.why import answer_here

# A key may hold anything, slashes too, so what belongs to an account is asked for with ?part=.
urlpatterns = [
    path("accounts/<path:key>/", views.account, name="account"),
    path("judge/<slug:deed>/<path:key>/", judge, name="judge_account"),
    path("answer/<int:pk>/<path:key>/", answer_here, name="answer_here"),
]
