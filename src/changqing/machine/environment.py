"""Settings from environment variables, read loudly: a wrong value stops the start with a sentence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from changqing.machine.error import MachineError
from changqing.machine.speech import gettext as _

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")


class SettingsError(MachineError):
    """Names the variable, what it holds and what is allowed."""


def _wrong(name: str, value: str, allowed: str) -> SettingsError:
    return SettingsError(
        _("环境变量 %(name)s 的值是“%(value)s”，只能是：%(allowed)s。")
        % {"name": name, "value": value, "allowed": allowed}
    )


def _given(name: str) -> str | None:
    """The stripped value, or None where the variable is absent or blank, as compose files leave it."""
    return os.environ.get(name, "").strip() or None


def env_text(name: str, default: str | None = None, *, allowed: Sequence[str] = ()) -> str:
    """A text; without ``default`` the variable must be set, with ``allowed`` it must be one of these."""
    value = _given(name)
    if value is None:
        if default is None:
            raise SettingsError(_("请设置环境变量 %(name)s，它没有默认值。") % {"name": name})
        return default
    if allowed and value not in allowed:
        raise _wrong(name, value, " | ".join(allowed))
    return value


def env_bool(name: str, default: bool) -> bool:
    """1, true, yes, on or 0, false, no, off, in any case of letters."""
    value = _given(name)
    if value is None:
        return default
    if value.lower() not in YES + NO:
        raise _wrong(name, value, " | ".join(YES + NO))
    return value.lower() in YES


def env_int(name: str, default: int, *, least: int | None = None, most: int | None = None) -> int:
    """A whole number in plain digits, ``least`` ≤ it ≤ ``most``."""
    value = _given(name)
    if value is None:
        return default
    allowed = f"{'…' if least is None else least} – {'…' if most is None else most}"
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        raise _wrong(name, value, allowed)
    number = int(value)
    if (least is not None and number < least) or (most is not None and number > most):
        raise _wrong(name, value, allowed)
    return number


def env_folder(name: str) -> Path | None:
    """An absolute path, or None where the variable is absent; addresses are refused."""
    value = _given(name)
    if value is None:
        return None
    if "://" in value or not Path(value).is_absolute():
        raise _wrong(name, value, _("一个文件夹的绝对路径，或 s3://桶/前缀"))
    return Path(value)


def env_list(name: str, default: Sequence[str] = ()) -> list[str]:
    """Texts separated by commas; blanks around them and empty ones are dropped."""
    value = _given(name)
    if value is None:
        return list(default)
    return [part for part in (piece.strip() for piece in value.split(",")) if part]
