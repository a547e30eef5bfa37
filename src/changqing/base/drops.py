"""Where other systems drop files: a folder, or a prefix of an object store that speaks S3.

Both say what lies there, hand a file over as one on our disk, and take what is put away. Names are paths
below the place, with ``/`` between their parts; nothing of a name reaches our disk but its last part.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from django.utils.translation import gettext as _

from changqing.machine.store import Bucket

CHUNK = 4 << 20
CONNECT_SECONDS, ANSWER_SECONDS, TRIES = 5, 60, 2
LONGEST_NAME = 200
# How a store says what is wrong, as the library tells it; nothing else of its words is passed on.
_CODE = re.compile(r"AWS Error ([A-Z_]+)|HTTP status (\d+)")
_REFUSALS = ("ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID")


class Unreachable(Exception):
    """The place cannot be looked at or written to now; ``sentence`` says why, without a key."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Changed(Exception):
    """The file was written to while it was being taken."""


@dataclass(frozen=True)
class Look:
    """A file as it lies there: how large, and when it was last written (nanoseconds)."""

    size: int
    modified: int


class Drops(Protocol):
    """A place where files are dropped, taken and put away."""

    def trouble(self) -> str:
        """Why the place cannot be used, as far as that is known without asking anybody outside."""

    def files(self, *, apart: tuple[str, ...]) -> list[tuple[str, Look]]:
        """What lies there, but for the folders ``apart`` at its root and for hidden ones, in any order."""

    def look(self, name: str) -> Look | None:
        """How the file lies there now; None where it does not."""

    def taken(self, name: str, look: Look, *, scratch: Path) -> Any:
        """A context with the file on our disk; Changed where it no longer is as in ``look``."""

    def store(self, source: Path, to: str) -> None:
        """Put a file of our own there, whole or not at all."""

    def move(self, name: str, to: str) -> None:
        """Put a file that lies there elsewhere in the place."""


def drops_at(place: Path | Bucket) -> Drops:
    return _Objects(place) if isinstance(place, Bucket) else _Folder(place)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trouble(self) -> str:
        if self._folder.is_dir() and os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
            return ""
        return _("夜间投放的文件夹 %(folder)s 不在，或没有读写权限，没有在看。") % {"folder": self._folder}

    def files(self, *, apart: tuple[str, ...]) -> list[tuple[str, Look]]:
        found = []
        for place, names, files in os.walk(self._folder):
            out = apart if Path(place) == self._folder else ()
            names[:] = sorted(name for name in names if not name.startswith(".") and name not in out)
            for each in files:
                path = Path(place) / each
                name = path.relative_to(self._folder).as_posix()
                if not path.is_symlink() and (look := self.look(name)):
                    found.append((name, look))
        return found

    def look(self, name: str) -> Look | None:
        path = self._folder / name
        try:
            told = path.stat()
        except FileNotFoundError:
            return None
        return Look(told.st_size, told.st_mtime_ns) if path.is_file() else None

    @contextmanager
    def taken(self, name: str, look: Look, *, scratch: Path) -> Iterator[Path]:
        if self.look(name) != look:
            raise Changed
        yield self._folder / name

    def store(self, source: Path, to: str) -> None:
        target = self._folder / to
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_name(f".{target.name}.half")
        shutil.copyfile(source, half)
        half.replace(target)

    def move(self, name: str, to: str) -> None:
        target = self._folder / to
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self._folder / name, target)


class _Objects:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._root = "/".join(filter(None, (bucket.name, bucket.prefix)))

    def trouble(self) -> str:
        return ""

    def files(self, *, apart: tuple[str, ...]) -> list[tuple[str, Look]]:
        """Level by level, so that what was put away, which only grows, is never listed."""
        found: list[tuple[str, Look]] = []
        levels = [""]
        with self._spoken_to() as (store, fs):
            while levels:
                level = levels.pop()
                infos = store.get_file_info(fs.FileSelector(self._at(level), allow_not_found=True))
                if not (infos or level):
                    # a prefix without an object only tells that nothing has been dropped yet
                    store.get_file_info(fs.FileSelector(self._bucket.name))
                for info in infos:
                    name = f"{level}/{info.base_name}" if level else info.base_name
                    if info.type == fs.FileType.File:
                        found.append((name, Look(info.size, info.mtime_ns)))
                    elif not info.base_name.startswith(".") and (level or info.base_name not in apart):
                        levels.append(name)
        return found

    def look(self, name: str) -> Look | None:
        with self._spoken_to() as (store, fs):
            info = store.get_file_info(self._at(name))
        return Look(info.size, info.mtime_ns) if info.type == fs.FileType.File else None

    @contextmanager
    def taken(self, name: str, look: Look, *, scratch: Path) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="drop-", dir=scratch) as own:
            path = Path(own) / _name_on_disk(name)
            self._fetch(name, look, path)
            if self.look(name) != look:
                raise Changed
            yield path

    def _fetch(self, name: str, look: Look, path: Path) -> None:
        """Onto our disk piece by piece; never more than the store said there is."""
        came = 0
        with path.open("wb") as file:
            for piece in self._pieces(name):
                came += len(piece)
                if came > look.size:
                    raise Changed
                file.write(piece)
        if came != look.size:
            raise Changed

    def _pieces(self, name: str) -> Iterator[bytes]:
        with self._spoken_to() as (store, _fs):
            try:
                stream = store.open_input_stream(self._at(name))
            except FileNotFoundError:
                raise Changed from None
            with stream:
                while piece := stream.read(CHUNK):
                    yield piece

    def store(self, source: Path, to: str) -> None:
        # the object is there when the stream is closed, not before
        with (
            source.open("rb") as file,
            self._spoken_to() as (store, _fs),
            store.open_output_stream(self._at(to)) as stream,
        ):
            shutil.copyfileobj(file, stream, CHUNK)

    def move(self, name: str, to: str) -> None:
        with self._spoken_to() as (store, _fs):
            store.copy_file(self._at(name), self._at(to))
            store.delete_file(self._at(name))

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    @contextmanager
    def _spoken_to(self) -> Iterator[tuple[Any, Any]]:
        """(the store, its library); whatever it says against us becomes Unreachable."""
        try:
            yield _opened(self._bucket)
        except OSError as error:
            raise Unreachable(self._sentence(str(error))) from None

    def _sentence(self, said: str) -> str:
        found = _CODE.search(said)
        code = next(filter(None, found.groups()), "") if found else ""
        about = {"place": str(self._bucket), "code": code or "–"}
        if code in _REFUSALS or code in ("401", "403"):
            return (
                _("对象存储 %(place)s 不认钥匙，或钥匙没有读、写、删的权限（%(code)s），没有在看。") % about
            )
        if code in ("NO_SUCH_BUCKET", "404") or "does not exist" in said:
            return _("对象存储 %(place)s 没有这个桶（%(code)s），没有在看。") % about
        return _("对象存储 %(place)s 连不上或没有答复（%(code)s），稍后再试。") % about


def _name_on_disk(name: str) -> str:
    """The last part of ``name`` as a file of ours may be called; its ending says what it is, so it stays."""
    plain = "".join(each if each.isprintable() else "_" for each in PurePosixPath(name).name)
    ending = PurePosixPath(plain).suffix[:16]
    stem = plain.removesuffix(ending).strip(".") or "_"
    while len(f"{stem}{ending}".encode()) > LONGEST_NAME:
        stem = stem[:-1]
    return f"{stem}{ending}"


@lru_cache(maxsize=1)
def _opened(bucket: Bucket) -> tuple[Any, Any]:
    """The library is loaded where a store is set, and asks nobody for keys: we have them."""
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    # other stores than AWS's do not know its newest checksums
    os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    os.environ.setdefault("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
    from pyarrow import fs

    scheme, _mark, host = bucket.endpoint.partition("://")
    store = fs.S3FileSystem(
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
        session_token=bucket.token or None,
        region=bucket.region,
        scheme=scheme or "https",
        endpoint_override=host or None,
        force_virtual_addressing=bucket.is_virtual,
        connect_timeout=CONNECT_SECONDS,
        request_timeout=ANSWER_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=TRIES),
        # a small file is one request
        allow_delayed_open=True,
    )
    return store, fs
