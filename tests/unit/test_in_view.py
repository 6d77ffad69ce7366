"""Whose rows a page shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.in_view import MOST, ids, runs


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ([], ""),
        ([7], "7"),
        (range(1001, 1101), "1001-1100"),
        ([1205, 3, 1, 2, 2], "1-3,1205"),
    ],
)
def test_neighbours_are_said_as_one_run(shown: list[int], said: str) -> None:
    assert runs(shown) == said


@given(st.sets(st.integers(0, 2**62), max_size=MOST))
def test_who_is_said_is_who_is_read(shown: set[int]) -> None:
    assert ids(runs(shown)) == shown


@pytest.mark.parametrize(
    "said",
    [
        None,
        "x",
        "1-",
        "-1",
        "1-2-3",
        "1.5",
        "²",
        "1e9",
        "9" * 20,
        f"1-{MOST + 1}",
        f"1-{MOST},{MOST + 2}",
        "1-" + "9" * 19,
        "7," * 50_000,
    ],
)
def test_who_says_it_wrongly_is_told_of_everybody(said: str | None) -> None:
    assert ids(said) is None


def test_as_many_as_may_be_said_are_read() -> None:
    assert ids(f"1-{MOST}") == frozenset(range(1, MOST + 1))
