"""The sentences of the page: states, reasons, counts, phases and waiting, in words (pure)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup


def number(value: int) -> str:
    """3200 → "3,200"."""
    return f"{value:,}"


def when(at: datetime, zone: str, now: datetime, *, seconds: bool = False) -> Markup:
    """A time element in the rep's zone: the clock today, the date before it on other days."""
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(), clock(at, zone, now, seconds=seconds)
    )


def clock(at: datetime, zone: str, now: datetime, *, seconds: bool = False) -> str:
    """ "14:31" today, "22 Nov, 14:31" on other days."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    shown = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if local.date() == today.date():
        return shown
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {local.strftime('%b')}{year}, {shown}"


def phone(value: str | None) -> str:
    """E.164 as a person writes it."""
    return value or ""
