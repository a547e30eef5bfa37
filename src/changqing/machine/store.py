"""An object store that speaks S3, as the environment names it; who speaks to it is ``base.drops``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from changqing.machine.environment import SettingsError, env_bool, env_folder, env_text
from changqing.machine.speech import gettext as _

# What others call the same things, so that one set of variables serves several programs.
_ALSO = {
    "CHANGQING_S3_ENDPOINT": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "CHANGQING_S3_REGION": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "CHANGQING_S3_ACCESS_KEY": ("AWS_ACCESS_KEY_ID",),
    "CHANGQING_S3_SECRET_KEY": ("AWS_SECRET_ACCESS_KEY",),
    "CHANGQING_S3_TOKEN": ("AWS_SESSION_TOKEN",),
}
SCHEME = "s3://"


@dataclass(frozen=True)
class Bucket:
    """``prefix`` of a bucket; keys show in no representation.

    ``endpoint`` is scheme and host, empty for AWS itself; ``is_virtual``: the bucket is named in the host.
    """

    name: str
    prefix: str
    endpoint: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    is_virtual: bool = False

    def __str__(self) -> str:
        return f"{SCHEME}{self.name}/{self.prefix}".rstrip("/")


def env_place(name: str) -> Path | Bucket | None:
    """A folder by its absolute path or ``s3://bucket/prefix``; None where the variable is absent."""
    value = env_text(name, default="")
    return _bucket(name, value) if value.startswith(SCHEME) else env_folder(name)


def _bucket(name: str, value: str) -> Bucket:
    bucket, _slash, prefix = value.removeprefix(SCHEME).partition("/")
    parts = prefix.rstrip("/").split("/") if prefix.rstrip("/") else []
    if not bucket or set(parts) & {"", ".", ".."} or "?" in value or "@" in bucket:
        # what stands there may hold a key, so it is not repeated
        raise SettingsError(_("环境变量 %(name)s 要写成 s3://桶/前缀，钥匙写在别的变量里。") % {"name": name})
    endpoint = _told("CHANGQING_S3_ENDPOINT", default="")
    if endpoint and not _is_address(endpoint):
        raise SettingsError(
            _("环境变量 CHANGQING_S3_ENDPOINT 要写成 https://主机:端口，不带路径、用户名和密码。")
        )
    return Bucket(
        name=bucket,
        prefix="/".join(parts),
        endpoint=endpoint.rstrip("/"),
        region=_told("CHANGQING_S3_REGION", default="us-east-1"),
        access_key=_told("CHANGQING_S3_ACCESS_KEY"),
        secret_key=_told("CHANGQING_S3_SECRET_KEY"),
        token=_told("CHANGQING_S3_TOKEN", default=""),
        is_virtual=env_bool("CHANGQING_S3_VIRTUAL_HOST", default=False),
    )


def _is_address(endpoint: str) -> bool:
    told = urlsplit(endpoint)
    plain = told.path in ("", "/") and not (told.query or told.fragment or "@" in told.netloc)
    return told.scheme in ("http", "https") and bool(told.hostname) and plain


def _told(name: str, default: str | None = None) -> str:
    """Our own variable, else one of those that other programs read."""
    for each in (name, *_ALSO[name]):
        if value := env_text(each, default=""):
            return value
    return env_text(name, default)
