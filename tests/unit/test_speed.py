"""How fast a sender's parts leave, and how fast they are handed over."""

from __future__ import annotations

import pytest

from web import speed
from workers.domain.errors import BadRequest
from workers.domain.senders import Kind, Pool, pool_of
from workers.domain.speed import ceiling, rate

LONG, FREE, SHORT, NAME = (pool_of(it) for it in ("+37255500001", "+18005550001", "12345", "Acme"))


@pytest.mark.parametrize(
    ("agreed", "most", "handed"), [(0, 0, 0), (20, 0, 20), (0, 5, 5), (20, 5, 5), (3.75, 5, 3.75)]
)
def test_an_account_is_handed_what_its_company_agreed_on_within_the_operators_bound(
    agreed: float, most: float, handed: float
) -> None:
    assert ceiling(agreed=agreed, most=most) == handed


@pytest.mark.parametrize(
    ("pool", "agreed", "most", "leaves"),
    [
        (LONG, 0, 0, 1),
        (FREE, 0, 0, 3),
        (SHORT, 0, 0, 100),
        (NAME, 0, 0, 10),
        (Pool("Customers", (Kind.LONG_CODE, Kind.LONG_CODE, Kind.TOLL_FREE)), 0, 0, 5),
        (LONG, 75, 0, 75),
        (SHORT, 0, 20, 20),
        (LONG, 0, 20, 1),
        (LONG, 75, 20, 20),
        (None, 0, 0, 0),
        (None, 0, 20, 0),
        (None, 75, 20, 20),
    ],
)
def test_texts_leave_as_agreed_or_as_is_usual_for_the_kinds_of_sender(
    pool: Pool | None, agreed: float, most: float, leaves: float
) -> None:
    assert rate(pool, agreed=agreed, most=most) == leaves


@pytest.mark.parametrize(
    ("typed", "a_second"),
    [
        ("", 0),
        ("  ", 0),
        ("20", 20),
        ("3.75", 3.75),
        ("3,75", 3.75),
        (" 0.1 ", 0.1),
        ("2000", 2000),
    ],
)
def test_texts_a_second_are_read_as_people_type_them(typed: str, a_second: float) -> None:
    assert speed.read(typed) == a_second


@pytest.mark.parametrize(
    "typed",
    ["0", "0.05", "2001", "-1", "1e3", "nan", "inf", "fast", "1 000", "1.2.3", ".", "٣", "9" * 400],
)
def test_what_is_no_speed_is_refused(typed: str) -> None:
    with pytest.raises(BadRequest, match="not_a_speed"):
        speed.read(typed)


def test_the_settings_name_what_is_usual_for_the_sender() -> None:
    assert speed.shown(LONG, agreed=0, most=0) == speed.Speed(
        "", "1 a second from one long code", ""
    )
    assert speed.shown(None, agreed=3.75, most=5) == speed.Speed("3.75", "", "5")
