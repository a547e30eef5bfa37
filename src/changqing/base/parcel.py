"""Named parts in one file that ``tar`` can read, in which no byte can change unseen.

The manifest names each part with its size and hash, and is signed. The blocks around the parts are those that
their names and sizes ask for and nothing else, so that every byte of the file is spoken for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
BLOCK = tarfile.BLOCKSIZE
CHUNK = 1 << 20


def signature(manifest: bytes, key: str) -> bytes:
    return hmac.new(key.encode(), manifest, hashlib.sha256).hexdigest().encode()


def pack(to: Path, *, parts: Mapping[str, Path], about: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Write ``parts`` and a manifest that says ``about`` them into the new file ``to``; the manifest."""
    files: dict[str, Any] = {
        name: {"bytes": path.stat().st_size, "sha256": _hash(path)} for name, path in parts.items()
    }
    manifest = {**about, "files": files}
    told = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
    with to.open("xb") as out:
        for name, said in ((MANIFEST, told), (SIGNATURE, signature(told, key))):
            out.write(_header(name, len(said)) + said + _padding(len(said)))
        for name, path in parts.items():
            size = files[name]["bytes"]
            out.write(_header(name, size))
            with path.open("rb") as part:
                while chunk := part.read(CHUNK):
                    out.write(chunk)
            out.write(_padding(size))
        out.write(bytes(2 * BLOCK))
    return manifest


@dataclass
class Contents:
    """What a parcel holds; ``faults`` are sentences, none when every byte is as it was packed."""

    manifest: dict[str, Any] = field(default_factory=dict)
    is_signed: bool = False
    faults: list[str] = field(default_factory=list)


def inspect(source: Path, *, key: str, into: Path | None = None) -> Contents:
    """Read every byte of ``source``; ``into`` is where its parts are laid out, for who looks on."""
    found: dict[str, str] = {}
    small: dict[str, bytes] = {}
    told = Contents()
    with source.open("rb") as file:
        for name, size, faulty in _entries(file):
            if faulty:
                told.faults.append(faulty)
                return told
            target = _safe(into, name)
            if target is None and into is not None:
                told.faults.append(_("备份里有一个不该有的名字：%(name)s。") % {"name": name})
                return told
            keep = name in (MANIFEST, SIGNATURE)
            found[name], small[name] = _read(file, size, target, keep=keep)
            if file.read(len(_padding(size))).strip(b"\0"):
                told.faults.append(_("%(part)s 之后的填充被改动。") % {"part": name})
    told.faults += _compared(told, found, small, key)
    return told


def _compared(
    told: Contents, found: Mapping[str, str], small: Mapping[str, bytes], key: str
) -> Iterator[str]:
    raw, sealed = small.get(MANIFEST, b""), small.get(SIGNATURE, b"")
    try:
        manifest = json.loads(raw)
        files: dict[str, Any] = manifest["files"]
    except (ValueError, KeyError, TypeError):
        yield _("清单 manifest.json 读不懂：被改动，或这不是备份。")
        return
    told.manifest = manifest
    told.is_signed = hmac.compare_digest(signature(raw, key), sealed)
    if not told.is_signed:
        yield _("清单 manifest.json 的签名不符：清单被改动，或由另一把密钥签署。")
    parts = {name: digest for name, digest in found.items() if name not in (MANIFEST, SIGNATURE)}
    for name in sorted(files.keys() | parts.keys()):
        if name not in parts:
            yield _("备份里缺少 %(part)s。") % {"part": name}
        elif name not in files:
            yield _("备份里多出了 %(part)s。") % {"part": name}
        elif parts[name] != files[name]["sha256"]:
            yield _("备份里的 %(part)s 被改动。") % {"part": name}


def _entries(file: BinaryIO) -> Iterator[tuple[str, int, str]]:
    """(name, size, what is wrong) for each part; the caller reads the part before it asks for the next."""
    while True:
        at = file.tell()
        head = file.read(BLOCK)
        if not head.strip(b"\0"):
            if head != bytes(BLOCK) or file.read() != bytes(BLOCK):
                yield "", 0, _("备份的末尾被改动或截断。")
            return
        try:
            info = tarfile.TarInfo.frombuf(head, "utf-8", "strict")
            is_ours = head == _header(info.name, info.size)
        except (tarfile.TarError, ValueError, UnicodeError):
            is_ours = False
        if not is_ours:
            yield "", 0, _("备份在第 %(at)s 字节处的目录被改动，或这不是备份。") % {"at": f"{at:,}"}
            return
        yield info.name, info.size, ""


def _read(file: BinaryIO, size: int, target: Path | None, *, keep: bool) -> tuple[str, bytes]:
    """The hash of the next ``size`` bytes, written to ``target``; the bytes themselves for who keeps them."""
    digest, kept, left = hashlib.sha256(), bytearray(), size
    with ExitStack() as stack:
        out = None
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            out = stack.enter_context(target.open("xb"))
        while left and (chunk := file.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
            if out:
                out.write(chunk)
            if keep:
                kept += chunk
    return digest.hexdigest(), bytes(kept)


def _safe(into: Path | None, name: str) -> Path | None:
    if into is None or not name:
        return None
    path = (into / name).resolve()
    return path if path.is_relative_to(into.resolve()) else None


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    except ValueError:
        # more than 8 GiB
        return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
