"""The time at which a batch is through is known early and well enough to plan by."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate
from uuid import UUID

import pytest

from tests.builders import counts
from workers.domain.finish import Pace, Queued, ahead_of, time_left

PEOPLE = 5_000
WINDOW = 200


def line(parts: Sequence[int], seed: int) -> tuple[list[float], list[float]]:
    """When each text leaves a sender of one part a second, and when it is delivered."""
    chance = random.Random(seed)
    leaves = [float(sent) for sent in accumulate(parts)]
    return leaves, sorted(left + chance.uniform(1, 8) for left in leaves)


def seen(at: float, leaves: Sequence[float], delivered: Sequence[float]) -> float:
    """The estimate at that second, from what the database then shows."""
    sent, arrived = (
        sum(one <= at for one in leaves),
        [one for one in delivered if one <= at][-WINDOW:],
    )
    taken = min(PEOPLE, int(at * 40))  # we hand over much faster than the sender sends
    now = counts(ready=PEOPLE - taken, accepted=taken - sent, delivered=sent)
    left = time_left(now, Pace(len(arrived), arrived[-1] - arrived[0]))
    assert left is not None
    return at + left.total_seconds()


@pytest.mark.parametrize("at", [60, 300, 1_000, 2_500, 4_500, 4_950])
@pytest.mark.parametrize("seed", range(5))
def test_five_thousand_people_from_a_slow_sender_are_foretold_within_15_percent(
    at: float, seed: int
) -> None:
    leaves, delivered = line([1] * PEOPLE, seed)

    assert seen(at, leaves, delivered) == pytest.approx(leaves[-1], rel=0.15)


@pytest.mark.parametrize("at", [300, 2_000, 6_000])
def test_longer_texts_take_longer_and_are_foretold_as_well(at: float) -> None:
    chance = random.Random(7)
    leaves, delivered = line([chance.choice((1, 2)) for _ in range(PEOPLE)], 7)

    assert seen(at, leaves, delivered) == pytest.approx(leaves[-1], rel=0.15)


@pytest.mark.parametrize("pace", [Pace(0, 0), Pace(9, 60), Pace(50, 2.9)])
def test_too_little_to_go_by_foretells_nothing(pace: Pace) -> None:
    assert time_left(counts(ready=100), pace) is None


def test_nothing_is_foretold_when_everybodys_text_has_left() -> None:
    assert time_left(counts(sent=5, delivered=100), Pace(100, 60)) is None


@pytest.mark.parametrize(
    ("there", "here", "own", "ahead"),
    [
        (0, 0, 5, 0),
        (40, 0, 5, 40),  # Twilio was handed them before
        (0, 1_000, 5, 5),  # here they take turns
        (0, 3, 5, 3),
        (40, 1_000, 5, 45),
    ],
)
def test_twilios_queue_goes_before_and_what_waits_here_takes_turns(
    there: int, here: int, own: int, ahead: int
) -> None:
    assert ahead_of(own, [Queued(UUID(int=1), "We open at nine.", there, here)]) == ahead


def test_longer_texts_ahead_count_every_part_of_theirs() -> None:
    one, other = (Queued(UUID(int=n), "x" * 200, n, 0) for n in (1, 2))

    assert ahead_of(5, [one, other]) == 6
