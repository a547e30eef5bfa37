"""Uploads: streamed into a file of the data folder, bounded in size, and never held in memory."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

# What is still read and thrown away after the bound, so that the browser hears the answer.
DRAINED = 64 << 20


def most_bytes() -> int:
    return int(settings.MOST_UPLOAD_MB) << 20


class BoundedUpload(TemporaryFileUploadHandler):
    """Writes each file to the scratch folder; stops reading when together they exceed the bound."""

    received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        if self.received > most_bytes():
            assert self.request is not None
            self.request.META[TOO_LARGE] = True
            raise StopUpload(connection_reset=self._is_far_beyond())
        told: Any = super().receive_data_chunk(raw_data, start)
        return told

    def _is_far_beyond(self) -> bool:
        assert self.request is not None
        try:
            length = int(self.request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return True
        return length > most_bytes() + DRAINED


TOO_LARGE = "changqing.upload_too_large"


def too_large(request: HttpRequest) -> bool:
    """Whether the upload was cut because it exceeds the bound."""
    return bool(request.META.get(TOO_LARGE))
