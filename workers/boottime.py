"""The clock that goes on while the machine sleeps or the process is stopped."""

from __future__ import annotations

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boottime() -> float:
    """Seconds since some moment of this machine's boot; only differences mean something."""
    return time.clock_gettime(_CLOCK)
