"""A list of activities also says which kinds and which days it shows."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders import link_query, parsed
from workers.domain.action import Filtered, LinkAction, read_action
from workers.domain.errors import Refused


def read(query: str) -> LinkAction:
    return read_action("sms", parsed(query))


def refusal(query: str) -> Refused:
    with pytest.raises(Refused) as refused:
        read(query)
    return refused.value


def activities(**said: object) -> str:
    return link_query(resource="activity", filter={"everyone": 1, **said})


def test_a_list_of_activities_says_which_kinds_and_days_it_shows() -> None:
    query = activities(
        **{" activity_type": "lunch,call"},
        activity_start_date="2026-11-01",
        activity_end_date="2026-11-30",
    )

    assert read(query).selection == Filtered(
        "everyone",
        kinds=frozenset({"lunch", "call"}),
        since=date(2026, 11, 1),
        until=date(2026, 11, 30),
    )


def test_a_list_of_all_kinds_and_days_is_not_narrowed() -> None:
    query = activities(activity_type="", activity_start_date="", activity_end_date=None)

    assert read(query).selection == Filtered("everyone")


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "2026-1-1", 5, ["2026-01-01"]])
@pytest.mark.parametrize("name", ["activity_start_date", "activity_end_date"])
def test_a_day_that_is_none_is_refused_not_ignored(name: str, day: object) -> None:
    assert refusal(activities(**{name: day})).reason == "bad_filter"


def test_kinds_that_are_no_text_are_refused() -> None:
    assert refusal(activities(activity_type=["call"])).reason == "bad_filter"
    assert refusal(activities(activity_type="x" * 5_000)).reason == "bad_filter"


def test_what_narrows_activities_means_nothing_in_other_lists() -> None:
    query = link_query(resource="deal", filter={"everyone": 1, "activity_start_date": "x"})

    assert read(query).selection == Filtered("everyone")
