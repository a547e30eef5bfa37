"""One Django app for the whole house."""

from django.apps import AppConfig


class ChangqingConfig(AppConfig):
    name = "changqing"
    verbose_name = "常青"
    default_auto_field = "django.db.models.BigAutoField"
