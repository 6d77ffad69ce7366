"""What a company's rules say of the people of a claim, right before they are texted (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from workers.domain import quiet_hours
from workers.domain.place import country_of, zones_of
from workers.domain.quiet_hours import Window
from workers.domain.reason import Reason
from workers.domain.rules import Rules
from workers.store.database import Row


def windows(people: Sequence[Row], rules: Rules, now: datetime) -> dict[int, Window | None]:
    """When each of `people` may be texted; those who share their zones share the answer."""
    known: dict[str | tuple[str, ...], Window | None] = {}
    found = {}
    for row in people:
        zones = row["zones"] or zones_of(row["number"])
        if zones not in known:
            places = zones.split() if isinstance(zones, str) else zones
            known[zones] = quiet_hours.window(places, rules.quiet, now)
        found[row["id"]] = known[zones]
    return found


def asleep(
    people: Sequence[Row], windows: Mapping[int, Window | None], now: datetime
) -> dict[str | int, datetime]:
    """Where it is night for somebody of `people`, and when the day begins there.

    Whose zones were not kept stands there by id: nobody else need be where they are.
    """
    found = ((row["zones"] or row["id"], windows[row["id"]]) for row in people)
    return {zones: day.opens for zones, day in found if day is not None and day.opens > now}


def ruled_out(
    people: Sequence[Row], windows: Mapping[int, Window | None], rules: Rules
) -> dict[int, str]:
    """Whom the company's rules leave out; they may have changed since people were found."""
    never: dict[int, str] = {row["id"]: Reason.NO_HOUR for row in people if not windows[row["id"]]}
    abroad: dict[int, str] = {
        row["id"]: Reason.COUNTRY
        for row in people
        if rules.countries and country_of(row["number"]) not in rules.countries
    }
    return never | abroad


def seconds_left(gate: Row, day: Window | None) -> float:
    """How long the network may keep the text: it must not leave in the night, nor too late."""
    left = float(gate["seconds_left"])
    if day is None or day.closes is None:
        return left
    now: datetime = gate["now"]
    return min(left, (day.closes - now).total_seconds())
