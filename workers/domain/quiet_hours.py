"""When a number may be texted: only while no zone in which it may be has quiet hours."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workers.domain.rules import QUARTER, QuietHours

_STEP = timedelta(minutes=QUARTER)
#: Nights come back every day, with another hour at most twice a year: what is not open by then
#: never is.
_DAYS = timedelta(days=3)
#: A text that is handed over so shortly before quiet hours would only die in the network's queue.
_LEAST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when somebody may be texted, UTC; `closes` is None where nothing is ever quiet."""

    opens: datetime
    closes: datetime | None


def window(zones: Sequence[str], quiet: QuietHours | None, now: datetime) -> Window | None:
    """The first window that is still open for two minutes, or None where there never is one.

    Of several `zones` (IANA names, as a mobile of a big country has) all must be outside `quiet`.
    A window that is open already opens `now`.
    """
    if quiet is None:
        return Window(now, None)
    slot = now.astimezone(UTC).replace(second=0, microsecond=0)
    slot -= timedelta(minutes=slot.minute % QUARTER)
    found = _from(tuple(zones), quiet, slot)
    if found is not None and found.closes is not None and found.closes - now < _LEAST:
        found = _from(tuple(zones), quiet, found.closes)
    return found and Window(max(found.opens, now), found.closes)


@functools.lru_cache(maxsize=4_096)
def _from(zones: tuple[str, ...], quiet: QuietHours, slot: datetime) -> Window | None:
    """Walks by quarters of an hour: whatever clocks do, they do it on these (see `QUARTER`)."""
    places = [place for place in map(_place, zones) if place is not None] or [ZoneInfo("UTC")]
    opens = slot
    while _is_quiet(places, quiet, opens):
        opens += _STEP
        if opens - slot > _DAYS:
            return None
    closes = opens
    while not _is_quiet(places, quiet, closes):
        closes += _STEP
    return Window(opens, closes)


def _is_quiet(places: Sequence[ZoneInfo], quiet: QuietHours, at: datetime) -> bool:
    return any(_covers(quiet, at.astimezone(place)) for place in places)


def _covers(quiet: QuietHours, local: datetime) -> bool:
    clock = local.time()
    if quiet.begins < quiet.ends:
        return quiet.begins <= clock < quiet.ends
    return clock >= quiet.begins or clock < quiet.ends


@functools.lru_cache(maxsize=1_000)
def _place(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None  # newer than this machine's table of zones
