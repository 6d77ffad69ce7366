"""What a company's support should look at, in words (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, assert_never

from web.clock import clock, number, people
from workers.ports.alerts import Alert


@dataclass(frozen=True, slots=True)
class Told:
    """One alert; `link` leads to the text it is about, or is ""."""

    said: str
    link: str = ""


def told(alert: Alert, *, zone: str, now: datetime) -> Told:
    """With times in `zone`."""
    at = clock(alert.at, zone, now)
    match alert.what:
        case "daily_cap_reached":
            return Told(
                f"{at}: the {number(alert.size)} texts of {_day(alert)} were used up. Whoever came "
                "later waits for the next day; an admin can allow more in the settings."
            )
        case "numbers_in_a_row":
            return Told(
                f"{at}: Send was pressed for {people(alert.size)} whose numbers follow closely on "
                "one another. Ask where they come from, and stop it if nobody knows.",
                f"/batches/{alert.about}",
            )
        case _:
            assert_never(alert.what)


def _day(alert: Alert) -> str:
    day = date.fromisoformat(alert.about)
    return f"{day.day} {day:%b}"


def for_programs(alert: Alert) -> Mapping[str, Any]:
    return {
        "what": alert.what,
        "about": alert.about,
        "size": alert.size,
        "at": alert.at.isoformat(),
    }
