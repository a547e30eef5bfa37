"""An object store for tests that speaks S3 over HTTP on loopback: it checks every signature (version 4),
lists in pages, and can be shut and opened again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 400


@dataclass
class Stored:
    body: bytes
    modified: float

    @property
    def tag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@dataclass
class Store:
    """What the server holds, and what was asked of it (method, path)."""

    keys: dict[str, str]
    buckets: set[str]
    objects: dict[tuple[str, str], Stored] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def names(self, bucket: str) -> list[str]:
        return sorted(key for where, key in self.objects if where == bucket)

    def put(self, bucket: str, key: str, body: bytes, *, at: float | None = None) -> None:
        self.objects[bucket, key] = Stored(body, time.time() if at is None else at)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, store: Store, port: int = 0) -> None:
        self.store = store
        self._open: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        found = super().get_request()
        self._open.append(found[0])
        return found

    def shut(self) -> None:
        """Gone, for those too who are still connected."""
        self.shutdown()
        self.server_close()
        for each in self._open:
            # closed by its thread already, or by us
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Fault(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_told: object) -> None:
        """Nothing: the test says what it wants to know."""

    def handle(self) -> None:
        # a client that goes away in between is none of our faults
        try:
            super().handle()
        except (ConnectionError, ValueError):
            self.close_connection = True

    def _act(self) -> None:
        body = self._body()
        try:
            self._check_signature()
            self._answer(*self._do(body))
        except Fault as fault:
            told = f"<Error><Code>{fault.code}</Code><Message>no</Message></Error>"
            self._answer(fault.status, told.encode(), {"Content-Type": "application/xml"})

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _act  # noqa: N815

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _check_signature(self) -> None:
        told = self.headers.get("Authorization", "")
        if not told.startswith("AWS4-HMAC-SHA256 "):
            raise Fault(403, "AccessDenied")
        said = dict(part.strip().split("=", 1) for part in told.removeprefix("AWS4-HMAC-SHA256 ").split(","))
        who, *scope = said["Credential"].split("/")
        if who not in self.server.store.keys:
            raise Fault(403, "InvalidAccessKeyId")
        names = said["SignedHeaders"].split(";")
        path = urlsplit(self.path)
        asked = sorted(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
            for name, value in parse_qsl(path.query, keep_blank_values=True)
        )
        lines = [self.command, path.path, "&".join(asked)]
        lines += [f"{name}:{' '.join((self.headers.get(name) or '').split())}" for name in names]
        lines += ["", said["SignedHeaders"], self.headers["x-amz-content-sha256"]]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], "/".join(scope), digest])
        key = b"AWS4" + self.server.store.keys[who].encode()
        for part in (*scope, to_sign):
            key = hmac.digest(key, part.encode(), "sha256")
        if not hmac.compare_digest(key.hex(), said["Signature"]):
            raise Fault(403, "SignatureDoesNotMatch")

    def _do(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        path = urlsplit(self.path)
        bucket, _slash, key = unquote(path.path).removeprefix("/").partition("/")
        asked = dict(parse_qsl(path.query, keep_blank_values=True))
        store = self.server.store
        store.asked.append((self.command, unquote(self.path)))
        if bucket not in store.buckets:
            raise Fault(404, "NoSuchBucket")
        if not key:
            return self._listed(bucket, asked) if self.command == "GET" else (200, b"", {})
        if self.command in ("GET", "HEAD"):
            return self._read(bucket, key)
        if self.command == "DELETE":
            store.objects.pop((bucket, key), None)
            return 204, b"", {}
        return self._written(bucket, key, asked, body)

    def _read(self, bucket: str, key: str) -> tuple[int, bytes, dict[str, str]]:
        found = self.server.store.objects.get((bucket, key))
        if found is None:
            raise Fault(404, "NoSuchKey")
        headers = {"Last-Modified": formatdate(found.modified, usegmt=True), "ETag": found.tag}
        body, wanted = found.body, self.headers.get("Range", "")
        if self.command == "HEAD":
            return 200, b"", {**headers, "Content-Length": str(len(body))}
        if wanted:
            first, _dash, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(body)), len(body) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
            return 206, body[start : end + 1], headers
        return 200, body, headers

    def _written(
        self, bucket: str, key: str, asked: dict[str, str], body: bytes
    ) -> tuple[int, bytes, dict[str, str]]:
        store = self.server.store
        if "uploads" in asked:
            number = f"u{len(store.parts)}"
            store.parts[number] = {}
            what = "InitiateMultipartUploadResult"
            return 200, f"<{what}><UploadId>{number}</UploadId></{what}>".encode(), {}
        if self.command == "POST":
            parts = store.parts.pop(asked["uploadId"])
            store.put(bucket, key, b"".join(parts[number] for number in sorted(parts)))
            return 200, b"<CompleteMultipartUploadResult/>", {}
        if "uploadId" in asked:
            store.parts[asked["uploadId"]][int(asked["partNumber"])] = body
            return 200, b"", {"ETag": Stored(body, 0).tag}
        if wanted := self.headers.get("x-amz-copy-source"):
            where, _slash, name = unquote(wanted).removeprefix("/").partition("/")
            if (where, name) not in store.objects:
                raise Fault(404, "NoSuchKey")
            store.put(bucket, key, store.objects[where, name].body)
            return 200, b"<CopyObjectResult/>", {}
        store.put(bucket, key, body)
        return 200, b"", {"ETag": store.objects[bucket, key].tag}

    def _listed(self, bucket: str, asked: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        prefix, mark = asked.get("prefix", ""), asked.get("delimiter", "")
        most = min(int(asked.get("max-keys", PAGE)), PAGE)
        rows: dict[str, bool] = {}
        for key in self.server.store.names(bucket):
            if key.startswith(prefix):
                rest = key[len(prefix) :]
                is_level = bool(mark) and mark in rest
                rows[prefix + rest.split(mark)[0] + mark if is_level else key] = is_level
        after = asked.get("continuation-token", "")
        listed = sorted(row for row in rows if row > after)
        told = "".join(self._row(bucket, row, rows[row]) for row in listed[:most])
        more = len(listed) > most
        told += f"<IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{min(most, len(listed))}</KeyCount>"
        if more:
            told += f"<NextContinuationToken>{escape(listed[most - 1])}</NextContinuationToken>"
        answer = f"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult>{told}</ListBucketResult>"
        return 200, answer.encode(), {"Content-Type": "application/xml"}

    def _row(self, bucket: str, name: str, is_level: bool) -> str:
        if is_level:
            return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
        found = self.server.store.objects[bucket, name]
        day = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(found.modified))
        return (
            f"<Contents><Key>{escape(name)}</Key><LastModified>{day}</LastModified>"
            f"<Size>{len(found.body)}</Size><ETag>{escape(found.tag)}</ETag></Contents>"
        )
