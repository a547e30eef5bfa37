"""The root of all addresses."""

from django.urls import include, path

urlpatterns = [path("", include("changqing.web.urls"))]
handler500 = "changqing.web.errors.views.broken"
