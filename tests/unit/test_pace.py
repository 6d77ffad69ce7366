"""How many texts an account may have on the wire, and how many are claimed at a time."""

from __future__ import annotations

from uuid import UUID

from workers.pace import Pace

BATCH = UUID(int=1)


def proven(*, texts: int, most: int = 100, seconds: float = 0.1) -> Pace:
    """A pace after so many texts were taken, each `seconds` after it was posted."""
    pace = Pace(most=most)
    for _ in range(texts):
        pace.succeeded(BATCH, seconds=seconds)
    return pace


def test_the_first_texts_are_four() -> None:
    assert Pace(most=100).wanted(BATCH, 0) == 4


def test_every_text_taken_lets_one_more_out_up_to_the_most() -> None:
    assert int(proven(texts=10).limit) == 14
    assert proven(texts=500).limit == 100


def test_people_are_claimed_in_groups_and_ahead_of_the_hands() -> None:
    pace = proven(texts=500)
    pace.took(BATCH, 100)

    assert pace.wanted(BATCH, 0) == 50  # who posts next is there when a hand is free
    pace.took(BATCH, 30)
    assert pace.wanted(BATCH, 0) == 0  # 20 more would be a claim of their own


def test_nobody_is_claimed_far_ahead_of_a_slow_account() -> None:
    pace = proven(texts=500, seconds=10)
    pace.took(BATCH, 100)

    assert pace.wanted(BATCH, 0) == 0


def test_a_no_halves_what_may_be_on_the_wire_once_for_all_that_were_on_it() -> None:
    pace = proven(texts=500)
    for _ in range(100):
        pace.slower(BATCH, wait=1, concurrent=0, now=10)

    assert pace.limit == 50
    assert pace.wanted(BATCH, 10.5) == 0
    assert pace.wanted(BATCH, 11.1) > 0


def test_what_twilio_counted_of_all_processes_goes_before_our_own_count() -> None:
    pace = proven(texts=500)
    pace.slower(BATCH, wait=1, concurrent=20, now=10)

    assert pace.limit == 10


def test_where_it_said_no_before_growth_is_slow() -> None:
    pace = proven(texts=500)
    pace.slower(BATCH, wait=1, concurrent=0, now=10)
    for _ in range(50):
        pace.succeeded(BATCH, seconds=0.1)

    assert 50.9 < pace.limit < 51.1


def test_only_a_batch_s_first_success_is_urgent_to_record() -> None:
    pace = Pace(most=100)
    assert not pace.is_first(BATCH)
    pace.succeeded(BATCH, seconds=0.1)
    assert pace.is_first(BATCH)
    pace.succeeded(BATCH, seconds=0.1)
    assert not pace.is_first(BATCH)


def in_silence(pace: Pace, *, seconds: int) -> int:
    """How many are posted in vain while no answer comes at all."""
    posted = 0
    for tenth in range(10 * seconds):
        hands = int(pace.limit)  # whoever waits for one goes back
        for _ in range(min(hands, pace.wanted(BATCH, tenth / 10))):
            posted += 1
            if pace.lose():
                pace.slower(BATCH, wait=0, concurrent=0, now=tenth / 10)
    return posted


def test_of_an_account_that_is_silent_fewer_and_fewer_are_asked() -> None:
    pace = proven(texts=500)

    assert in_silence(pace, seconds=60) <= 100 + 4 + 4 + 4 + 4 + 3  # after 1, 3, 7, 15 and 31 s
    assert in_silence(pace, seconds=3600) <= 3600 / 30
    pace.succeeded(BATCH, seconds=0.1)
    assert (pace.lost, pace.trouble) == (0, 0)


def test_answers_that_are_lost_between_others_are_no_silence() -> None:
    pace = proven(texts=500)
    for _ in range(100):
        assert not any(pace.lose() for _ in range(9))
        pace.succeeded(BATCH, seconds=0.1)


def test_pauses_double_from_one_trouble_to_the_next_not_with_each_text_of_it() -> None:
    pace = proven(texts=500)

    pauses = []
    for _ in range(6):
        now = pace.blocked_until + 1
        pauses += [pace.slower(BATCH, wait=0, concurrent=0, now=now) for _ in range(100)]

    assert pauses[::100] == pauses[99::100] == [1, 2, 4, 8, 16, 30]
