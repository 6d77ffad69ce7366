"""What a company decides about its texts: how many, when, to which countries, and how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Clocks change, and zones differ, by whole quarters of an hour: only such times are exact.
QUARTER = 15


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nobody is texted, by the clock where they are; past midnight where `begins` is later."""

    begins: time
    ends: time

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


NIGHT = QuietHours(time(20), time(8))


@dataclass(frozen=True, slots=True)
class Rules:
    """A company's rules, each with the default of whoever runs Volley."""

    typed_above: int = 500  # people; above it the rep types the number
    guard_hours: int = 4  # a number texted less than this ago wants an explicit yes
    quiet: QuietHours | None = NIGHT
    texts_a_day: int | None = None  # None: no cap
    zone: str = "UTC"  # IANA: at its midnight the day of `texts_a_day` ends
    countries: tuple[str, ...] = ()  # ISO 3166 alpha-2; none: every country
    opt_out_above: int = 100  # people; above it a text begins with the opt-out line in it
    opt_out_address: str = ""  # where nobody can answer the sender: where people opt out instead


def day_of(zone: str, now: datetime) -> tuple[date, datetime]:
    """The day in `zone` and the moment at which the next one begins; an unknown zone is UTC."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        place = ZoneInfo("UTC")
    today = now.astimezone(place).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), place)
    return today, midnight.astimezone(UTC)


def read_quiet(text: str) -> QuietHours | None:
    """`20:00-08:00`, or `off`; raises ValueError for anything else."""
    if text.strip().lower() == "off":
        return None
    found = re.fullmatch(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", text.strip())
    if found is None:
        raise ValueError(f"{text!r} are no quiet hours; write 20:00-08:00, or off")
    begins, ends = (time.fromisoformat(part) for part in found.groups())
    if begins == ends or begins.minute % QUARTER or ends.minute % QUARTER:
        raise ValueError("quiet hours begin and end at different quarters of an hour")
    return QuietHours(begins, ends)


def chosen(stored: Mapping[str, Any] | None, defaults: Rules) -> Rules:
    """`defaults` with what a company chose, as `rules_to_json` stored it."""
    given = dict(stored or {})
    if "quiet" in given:
        given["quiet"] = read_quiet(given["quiet"])
    if "countries" in given:
        given["countries"] = tuple(given["countries"])
    known = {name: value for name, value in given.items() if name in Rules.__dataclass_fields__}
    return replace(defaults, **known)


def rules_to_json(rules: Rules) -> dict[str, object]:
    """Everything, so that a company's choice outlives another default."""
    return {
        "typed_above": rules.typed_above,
        "guard_hours": rules.guard_hours,
        "quiet": str(rules.quiet) if rules.quiet else "off",
        "texts_a_day": rules.texts_a_day,
        "zone": rules.zone,
        "countries": list(rules.countries),
        "opt_out_above": rules.opt_out_above,
        "opt_out_address": rules.opt_out_address,
    }
