"""Quiet hours by the clock where people are: twelve numbers, and both days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from workers.domain.place import zones_of
from workers.domain.quiet_hours import window
from workers.domain.rules import NIGHT, QuietHours


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "opens", "closes"),
    [
        # open now: until the evening there
        ("+37251234123", "12:00", "18:00"),  # Tallinn, UTC+2
        ("+447400123456", "12:00", "20:00"),  # London and the islands, UTC
        ("+351912345678", "12:00", "20:00"),  # Portugal: Madeira too, and the Azores an hour behind
        ("+27821234567", "12:00", "18:00"),  # South Africa, UTC+2
        ("+919812345678", "12:00", "14:30"),  # India, UTC+5:30
        ("+9779812345678", "12:00", "14:15"),  # Nepal, UTC+5:45
        # night now, or in one of the places where the number may be: from the morning there
        ("+14155552671", "16:00", "04:00"),  # San Francisco, UTC-8
        ("+12125552671", "13:00", "01:00"),  # New York, UTC-5
        ("+819012345678", "23:00", "11:00"),  # Japan, UTC+9
        (
            "+61412345678",
            "01:30",
            "09:00",
        ),  # Australia: day on its islands in the west, and in Sydney
        ("+79161234567", "06:00", "08:00"),  # Russia: two hours for all of it
        ("+6421123456", "19:00", "06:15"),  # New Zealand, UTC+13, and the Chathams
    ],
)
def test_twelve_numbers_at_noon_in_winter(number: str, opens: str, closes: str) -> None:
    now = at("2026-12-02 12:00")

    found = window(zones_of(number), NIGHT, now)

    assert found is not None
    assert found.closes is not None
    assert (f"{found.opens:%H:%M}", f"{found.closes:%H:%M}") == (opens, closes)
    assert found.opens - now < timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "evening", "opens"),
    [
        ("Europe/Tallinn", "2026-03-28 20:00", "2026-03-29 05:00"),  # 08:00 is UTC+3 already
        ("Europe/Tallinn", "2026-10-24 20:00", "2026-10-25 06:00"),  # 08:00 is UTC+2 again
        ("America/New_York", "2026-03-08 02:00", "2026-03-08 12:00"),
        ("America/New_York", "2026-11-01 02:00", "2026-11-01 13:00"),
        ("Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-03 21:00"),  # by half an hour
    ],
)
def test_the_morning_after_a_clock_change_is_the_right_one(
    zone: str, evening: str, opens: str
) -> None:
    found = window([zone], NIGHT, at(evening))

    assert found is not None
    assert found.opens == at(opens)


def test_an_hour_that_the_clock_skips_or_repeats_is_taken_as_the_clock_shows_it() -> None:
    early = QuietHours(time(22), time(2, 30))

    spring = window(["Europe/Berlin"], early, at("2026-03-29 00:00"))
    autumn = window(["Europe/Berlin"], early, at("2026-10-25 00:00"))

    assert spring is not None
    assert spring.opens == at("2026-03-29 01:00"), "02:30 is skipped: it is 03:00 at once"
    assert autumn is not None
    assert (autumn.opens, autumn.closes) == (at("2026-10-25 00:30"), at("2026-10-25 01:00")), (
        "02:00 comes twice, and is quiet twice"
    )


@pytest.mark.parametrize(("second", "is_open"), [("17:57:59", True), ("17:58:01", False)])
def test_shortly_before_the_evening_nobody_is_texted_any_more(second: str, is_open: bool) -> None:
    now = at(f"2026-12-02 {second}")

    found = window(["Europe/Tallinn"], NIGHT, now)

    assert found is not None
    assert (found.opens == now) is is_open
    assert is_open or found.opens == at("2026-12-03 06:00")


def test_quiet_hours_of_one_day_and_over_midnight() -> None:
    siesta = QuietHours(time(13), time(16))

    found = window(["UTC"], siesta, at("2026-12-02 13:00"))

    assert found is not None
    assert (found.opens, found.closes) == (at("2026-12-02 16:00"), at("2026-12-03 13:00"))


def test_where_nothing_is_quiet_there_is_no_end() -> None:
    now = at("2026-12-02 03:00")

    found = window(["Europe/Tallinn"], None, now)

    assert found is not None
    assert (found.opens, found.closes) == (now, None)


def test_where_it_is_never_day_everywhere_there_is_no_window() -> None:
    half_a_world = ["Pacific/Fiji", "Europe/London"]

    assert window(half_a_world, NIGHT, at("2026-12-02 12:00")) is None


def test_zones_that_this_machine_does_not_know_are_as_none() -> None:
    found = window(["Mars/Olympus"], NIGHT, at("2026-12-02 21:00"))

    assert found is not None
    assert found.opens == at("2026-12-03 08:00")
