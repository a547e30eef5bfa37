"""Named points at which a test may kill the process; nothing happens unless CHANGQING_FAULT names one."""

from __future__ import annotations

import os
import signal


def reach(point: str) -> None:
    """Die by SIGKILL when ``CHANGQING_FAULT`` names ``point``: no clean-up, as in a power cut."""
    if os.environ.get("CHANGQING_FAULT") == point:
        os.kill(os.getpid(), signal.SIGKILL)
