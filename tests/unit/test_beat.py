"""Pages that show one batch ask at the same moments, whenever they were opened."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from web.beat import BEAT, SOONEST, again_in

BATCHES = st.uuids()
MOMENTS = st.integers(1_700_000_000_000, 1_900_000_000_000)  # ms


@given(BATCHES, MOMENTS, MOMENTS)
def test_whoever_asked_at_whatever_moment_asks_next_on_the_same_beat(
    batch_id: UUID, one: int, other: int
) -> None:
    beats = [at + again_in(batch_id, at / 1000) for at in (one, other)]

    assert (beats[0] - beats[1]) % BEAT == 0


@given(BATCHES, MOMENTS)
def test_nobody_asks_too_soon_or_too_late(batch_id: UUID, at: int) -> None:
    assert SOONEST <= again_in(batch_id, at / 1000) < SOONEST + BEAT


@given(BATCHES, MOMENTS, st.integers(0, SOONEST - 1))
def test_on_the_beat_a_page_stays_on_it_however_long_the_answer_took(
    batch_id: UUID, at: int, took: int
) -> None:
    beat = at + again_in(batch_id, at / 1000)

    assert took + again_in(batch_id, (beat + took) / 1000) == BEAT


def test_pages_of_other_batches_ask_at_other_moments() -> None:
    assert len({again_in(UUID(int=n), 1_800_000_000) for n in range(BEAT)}) == BEAT
