"""Times, numbers and phone numbers as a rep reads them (pure)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup


def number(value: int) -> str:
    """3200 → "3,200"."""
    return f"{value:,}"


def people(count: int) -> str:
    """ "1 person", "3,200 people"."""
    return "1 person" if count == 1 else f"{number(count)} people"


def when(at: datetime, zone: str, now: datetime, *, seconds: bool = False) -> Markup:
    """A time element in the rep's zone: the clock today, with the date on other days."""
    shown = clock(at, zone, now, seconds=seconds)
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), shown)


def clock(at: datetime, zone: str, now: datetime, *, seconds: bool = False) -> str:
    """ "14:31" today, "22 Nov, 14:31" on other days."""
    local, today = at.astimezone(_zone(zone)), now.astimezone(_zone(zone))
    shown = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if local.date() == today.date():
        return shown
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {local.strftime('%b')}{year}, {shown}"


def day(at: datetime, zone: str, now: datetime) -> str:
    """ "today", "on 3 May", "on 3 May 2025"."""
    local, today = at.astimezone(_zone(zone)), now.astimezone(_zone(zone))
    if local.date() == today.date():
        return "today"
    year = f" {local.year}" if local.year != today.year else ""
    return f"on {local.day} {local.strftime('%b')}{year}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
