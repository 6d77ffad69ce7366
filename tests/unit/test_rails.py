"""What a draft's rep is told before sending."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.builders_batches import NOW, a_batch, a_row
from web import words
from web.rails import ago, told
from workers.domain.batch import Counts, Waiting
from workers.domain.delivery import State
from workers.domain.rules import NIGHT
from workers.ports.rails import Crossing
from workers.stages.rails import Asleep, Cap, Rails, by_zones

EVENING = datetime(2026, 12, 2, 16, 0, tzinfo=UTC)  # 18:00 in Tallinn, 08:00 in San Francisco


def test_people_are_asleep_by_their_own_clock() -> None:
    people = {"Europe/Tallinn": 5, "Asia/Tokyo": 3, "America/Los_Angeles": 2, "Asia/Kolkata": 4}

    found = by_zones(people, NIGHT, EVENING)

    opens = datetime(2026, 12, 2, 23, 0, tzinfo=UTC)
    assert found == Rails(Asleep(7, opens, time(8)))


def test_while_it_is_day_everywhere_nothing_is_said() -> None:
    assert by_zones({"Europe/Tallinn": 5}, NIGHT, EVENING) == Rails()


def test_who_could_never_be_texted_is_told_apart() -> None:
    assert by_zones({"Pacific/Fiji Europe/London": 2}, NIGHT, EVENING) == Rails(never=2)


def test_the_rep_reads_their_time_and_ones_own() -> None:
    opens = NOW + timedelta(hours=2)
    view = a_batch([a_row()])

    many = told(Rails(Asleep(31, opens, time(8)), never=1), view)
    one = told(Rails(Asleep(1, opens, time(8))), view)

    assert many.waits == (
        "It is night where 31 people are: they get it from 08:00 their time, the first at 16:31 yours.",
        "The numbers of 1 person may be in so many time zones that it is never day in all of them; "
        "they would be left out.",
    )
    assert one.waits == (
        "It is night where 1 person is: they get it from 08:00 their time, 16:31 yours.",
    )


def test_while_they_sleep_each_person_and_the_batch_say_until_when() -> None:
    opens = NOW + timedelta(hours=2)
    row = a_row(not_before=opens)
    view = a_batch([row], confirmed_at=NOW, counts=Counts({State.READY: 1}, 0, {opens: 1}))

    assert words.state(row, view) == (
        "not sent yet: it is night where they are, it goes out at 16:31"
    )
    assert words.next_step(row, view) == (
        "It goes out by itself at 16:31, when it is day where they are."
    )
    assert words.waits(Waiting("quiet_hours", opens, 31), view) == (
        "Waiting for the morning where they are: 31 people. The first of them get it at 16:31."
    )


def test_whoever_was_texted_is_named_with_when_and_by_whom() -> None:
    two_hours_ago = NOW - timedelta(hours=2)
    crossings = (
        Crossing("texted", 12, "Ann", 3, two_hours_ago),
        Crossing("running", 13, "Ben", 2, None),
        Crossing("same", 11, "Mari Maasikas", 1, two_hours_ago),
        Crossing("running", 14, "", 1, None),
    )

    said = told(Rails(crossings=crossings), a_batch([a_row()]))

    assert said.crossed == 7
    assert said.crossings == (
        "3 people were texted 2 hours ago by Ann.",
        "2 people are in a text by Ben that is still going out.",
        "1 person got this same text in the last 24 hours from you.",
        "1 person is in a text by a colleague that is still going out.",
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "a moment ago"),
        (12 * 60, "12 minutes ago"),
        (2 * 3600, "2 hours ago"),
        (20 * 3600, "20 hours ago"),
        (3 * 86_400, "3 days ago"),
    ],
)
def test_how_long_ago_is_said_as_people_say_it(seconds: int, said: str) -> None:
    assert ago(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("left", "said"), [(120, "120 of them are left"), (0, "none of them is left today")]
)
def test_more_people_than_the_day_has_texts_left_are_told_before_sending(
    left: int, said: str
) -> None:
    midnight = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)

    told_of = told(Rails(cap=Cap(500, left, 380, midnight)), a_batch([a_row()]))

    assert told_of.waits == (
        f"Your company sends at most 500 texts a day and {said}: "
        "380 people would get it from 23 Nov, 00:00.",
    )


def test_a_spent_day_says_until_when_people_wait() -> None:
    midnight = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)

    said = words.waits(Waiting("cap", midnight, 3), a_batch([a_row()], confirmed_at=NOW))

    assert said == (
        "Your company's texts for today are used up: 3 people, going on at 23 Nov, 00:00."
    )
