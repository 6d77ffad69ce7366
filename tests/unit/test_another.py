"""Which number comes next after one that failed."""

from __future__ import annotations

from tests.builders import person, phone
from workers.domain.another import other_number, same_number, without
from workers.domain.person import choose
from workers.domain.picking import Numbers, Usable, has_way_back, usable

FIRST, SECOND, WORK = "+37256120001", "+37256120002", "+442079460033"


def numbers(*typed: str) -> Numbers:
    return choose(person(*(phone(one, "mobile") for one in typed)), "EE", {}).numbers


def test_the_other_mobile_is_next() -> None:
    assert other_number(FIRST, numbers(FIRST, SECOND), {}) == Usable(SECOND, "mobile")


def test_who_has_one_number_has_no_other() -> None:
    assert other_number(FIRST, numbers(FIRST, FIRST), {}) is None


def test_a_number_that_failed_is_never_offered_again() -> None:
    left = without(FIRST, numbers(FIRST, SECOND))

    assert other_number(SECOND, left, {}) is None
    assert usable(left, {}) == [Usable(SECOND, "mobile")]


def test_a_landline_is_no_other_number_whether_seen_or_learned() -> None:
    assert other_number(FIRST, numbers(FIRST, "612 3456"), {}) is None
    assert other_number(FIRST, numbers(FIRST, SECOND), {SECOND: "landline"}) is None


def test_who_opted_out_on_any_number_is_texted_on_none() -> None:
    both = numbers(FIRST, SECOND)

    for said in (FIRST, SECOND):
        assert other_number(FIRST, both, {said: "opted_out"}) is None
        assert same_number(FIRST, "mobile", both, {said: "opted_out"}) is None
    assert usable(both, {FIRST: "opted_out"}) == []


def test_the_number_they_had_is_used_unless_it_was_learned_to_be_none() -> None:
    both = numbers(FIRST, SECOND)

    assert same_number(FIRST, "mobile", both, {}) == Usable(FIRST, "mobile")
    assert same_number(FIRST, "mobile", both, {SECOND: "landline"}) == Usable(FIRST, "mobile")
    assert same_number(FIRST, "mobile", both, {FIRST: "landline"}) is None


def test_only_some_reasons_have_a_way_back() -> None:
    assert [has_way_back(reason) for reason in ("unticked", "same_number")] == [True, True]
    for reason in ("opted_out", "landline", "gone", "no_number", "arrived", None, ""):
        assert not has_way_back(reason)
