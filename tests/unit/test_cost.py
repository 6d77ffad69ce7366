"""What texts cost and how long they take: ranges that hold, and no float of money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, after
from web.costs import money, sender
from workers.domain.arrival import Arrival, arrival_of
from workers.domain.cost import Range, Tariff, cost_of, tariff_from_json, tariff_to_json
from workers.domain.rules import NIGHT
from workers.domain.senders import Kind, Pool, kind_of, pool_from_json, pool_of, pool_to_json
from workers.stages.estimate import next_night

LOCAL = (Kind.LONG_CODE,)


def exactly(amount: str) -> Range:
    return Range(Decimal(amount), Decimal(amount))


def tariff(low: str, high: str, kind: str = "local", currency: str = "USD") -> Tariff:
    return Tariff(currency, {kind: Range(Decimal(low), Decimal(high))})


def test_everybody_rendered_makes_an_exact_sum_by_country() -> None:
    sampled = [("EE", 1), ("EE", 2), ("GB", 3)]

    cost = cost_of(
        {"EE": 2, "GB": 1},
        sampled,
        {"EE": tariff("0.07", "0.07"), "GB": tariff("0.04", "0.05")},
        LOCAL,
    )

    assert cost.totals == {"USD": Range(Decimal("0.33"), Decimal("0.36"))}
    assert [(share.country, share.people) for share in cost.shares] == [("EE", 2), ("GB", 1)]
    assert cost.parts == exactly("6")


def test_who_was_not_rendered_takes_between_the_fewest_and_the_most_parts() -> None:
    cost = cost_of({"EE": 1000}, [("EE", 1), ("EE", 3)], {"EE": tariff("0.01", "0.01")}, LOCAL)

    assert cost.parts == Range(Decimal(4 + 998), Decimal(4 + 998 * 3))


def test_an_unknown_price_is_counted_in_people_and_never_as_nothing() -> None:
    cost = cost_of({"EE": 2, "": 1}, [("EE", 1)], {"EE": Tariff()}, LOCAL)

    assert (cost.unpriced, cost.totals) == (3, {})


def test_the_price_is_that_of_the_senders_kind_where_twilio_tells_them_apart() -> None:
    known = Tariff("USD", {"local": exactly("0.01"), "shortcode": exactly("0.02")})

    assert known.price(LOCAL) == exactly("0.01")
    assert known.price((Kind.SHORT_CODE,)) == exactly("0.02")
    assert known.price(()) == Range(Decimal("0.01"), Decimal("0.02"))
    assert known.price((Kind.TOLL_FREE,)) == Range(Decimal("0.01"), Decimal("0.02"))


_PARTS = st.lists(st.tuples(st.sampled_from(["EE", "GB"]), st.integers(1, 9)), min_size=1)


@given(_PARTS, st.integers(1, 60))
def test_what_is_charged_in_the_end_lies_within_the_estimate(
    texts: list[tuple[str, int]], rendered: int
) -> None:
    prices = {"EE": Decimal("0.0751"), "GB": Decimal("0.0419")}
    people = {country: sum(of == country for of, _ in texts) for country in prices}
    # as the preview picks them: the first, and whoever has the most and the fewest parts
    sampled = [*texts[:rendered]]
    by_parts = sorted(texts, key=lambda text: text[1])
    if rendered < len(texts):
        sampled = [by_parts[0], by_parts[-1]] if len(texts) > 1 else texts
    tariffs = {country: tariff(str(price), str(price)) for country, price in prices.items()}

    cost = cost_of({of: n for of, n in people.items() if n}, sampled, tariffs, LOCAL)

    charged = sum(parts * prices[country] for country, parts in texts)
    assert cost.totals["USD"].low <= charged <= cost.totals["USD"].high


def test_a_tariff_and_a_pool_come_back_from_the_database_as_they_went() -> None:
    known = tariff("0.07500", "0.08", currency="SEK")
    pool = Pool("Customers", (Kind.LONG_CODE, Kind.NAME))

    assert tariff_from_json(tariff_to_json(known)) == known
    assert pool_from_json(pool_to_json(pool)) == pool


@pytest.mark.parametrize(
    ("low", "high", "currency", "said"),
    [
        ("2.1049", "2.5951", "EUR", "about €2.10 – €2.60"),
        ("2.1", "2.1", "USD", "about $2.10"),
        ("0.001", "0.002", "USD", "less than $0.01"),
        ("0", "0", "USD", "free"),
        ("1234.5", "1234.5", "SEK", "about 1,234.50 SEK"),
    ],
)
def test_money_is_said_to_the_cent(low: str, high: str, currency: str, said: str) -> None:
    assert money(Range(Decimal(low), Decimal(high)), currency) == said


@pytest.mark.parametrize(
    ("number", "kind", "rate", "is_answered"),
    [
        ("+37255500001", Kind.LONG_CODE, 1, True),
        ("+14155550100", Kind.LONG_CODE, 1, True),
        ("+18335550100", Kind.TOLL_FREE, 3, True),
        ("12345", Kind.SHORT_CODE, 100, True),
        ("Acme", Kind.NAME, 10, False),
        ("4YOU", Kind.NAME, 10, False),
    ],
)
def test_a_sender_is_known_by_its_looks(
    number: str, kind: Kind, rate: int, *, is_answered: bool
) -> None:
    pool = pool_of(number)

    assert kind_of(number) is kind
    assert (pool.rate, pool.can_be_answered) == (rate, is_answered)


def test_a_pool_adds_up_and_with_a_name_in_it_nobody_can_surely_answer() -> None:
    pool = Pool("Customers", (*LOCAL * 3, Kind.SHORT_CODE))

    assert (pool.rate, pool.can_be_answered) == (103, True)
    assert sender(pool) == "3 long codes and one short code"
    assert not Pool("", (*LOCAL, Kind.NAME)).can_be_answered
    assert (Pool().rate, Pool().can_be_answered) == (0, False)


@pytest.mark.parametrize(
    ("people", "parts", "night", "seconds", "at_night", "expired"),
    [
        (480, "1", 3600, 480, 0, 0),
        (480, "2", 3600, 960, 0, 0),
        (100, "1", 60, 100, 40, 0),
        (20_000, "1", None, 20_000, 0, 20_000 - 4 * 3600),
        (1, "1", 0, 1, 1, 0),
    ],
)
def test_it_is_said_how_long_it_takes_and_who_is_too_late(
    people: int, parts: str, night: int | None, seconds: float, at_night: int, expired: int
) -> None:
    total = Range(Decimal(parts) * people, Decimal(parts) * people)

    found = arrival_of(
        total,
        people,
        1,
        begins=NOON,
        night=None if night is None else after(night),
        may_wait=timedelta(hours=4),
    )

    assert found is not None
    assert found.seconds == pytest.approx(seconds)
    assert (found.people_at_night, found.people_expired) == (at_night, expired)


def test_texts_that_leave_before_make_it_later_and_more_people_too_late() -> None:
    alone, behind = (
        arrival_of(
            Range(Decimal(100), Decimal(100)),
            100,
            1,
            ahead=ahead,
            begins=NOON,
            night=after(120),
            may_wait=timedelta(seconds=150),
        )
        for ahead in (0, 60)
    )

    assert alone == Arrival(100, 0, 0, 0)
    assert behind == Arrival(160, 40, 10, 60)


def test_of_an_unknown_rate_nothing_is_said() -> None:
    wait = timedelta(hours=4)

    assert arrival_of(exactly("10"), 10, 0, begins=NOON, night=None, may_wait=wait) is None
    assert arrival_of(exactly("0"), 0, 1, begins=NOON, night=None, may_wait=wait) is None


@pytest.mark.parametrize(
    ("seconds", "hour"), [(0, 20), (7.9 * 3600, 20), (8.1 * 3600, None), (16 * 3600, None)]
)
def test_the_next_night_is_told_unless_it_is_night(seconds: float, hour: int | None) -> None:
    night = next_night(NIGHT, after(seconds), "UTC")

    assert (night.hour if night else None) == hour
    assert next_night(None, NOON, "UTC") is None
