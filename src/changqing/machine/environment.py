"""Reading settings from environment variables, loudly."""

from __future__ import annotations

import os


class SettingsError(Exception):
    """A setting that cannot be used, in a sentence."""


def env_text(name: str, *, default: str) -> str:
    return os.environ.get(name, default)


def env_bool(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "")
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    if value:
        raise SettingsError(f"{name}={value!r} is neither yes nor no")
    return default


def env_int(name: str, *, default: int, least: int = 0) -> int:
    value = os.environ.get(name, "")
    if not value:
        return default
    if not value.isdigit() or int(value) < least:
        raise SettingsError(f"{name}={value!r} is not a whole number of at least {least}")
    return int(value)


def env_list(name: str, *, default: list[str]) -> list[str]:
    value = os.environ.get(name, "")
    return [part.strip() for part in value.split(",") if part.strip()] or default
