"""What texts did cost: when it is asked, when we stop, and how the page says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from web.bills import for_programs, said
from workers.domain.batch import Counts, Life
from workers.domain.bill import Bill, is_quiet, look_again, next_look, not_quiet_until
from workers.domain.delivery import State

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PLAN = (timedelta(minutes=1), timedelta(hours=2), timedelta(hours=72))
SENT = Life(NOW, resolved_at=NOW, confirmed_at=NOW, first_claim_at=NOW)
CENTS = {"USD": Decimal("0.3075")}


def a_bill(texts: int, priced: int, totals: dict[str, Decimal] = CENTS, **more: Any) -> Bill:
    return Bill(texts, priced, totals if priced else {}, **{"settled_at": NOW, **more})


@pytest.mark.parametrize(
    ("bill", "words"),
    [
        (None, ""),
        (Bill(0, 0, is_open=True), ""),
        (a_bill(0, 0), ""),
        (a_bill(41, 41), "These 41 texts cost $0.31."),
        (a_bill(1, 1, {"USD": Decimal("0.0075")}), "This text cost $0.01."),
        (a_bill(1, 1, {"USD": Decimal("0.004")}), "This text cost less than $0.01."),
        (a_bill(2, 2, {"USD": Decimal(0)}), "These 2 texts cost nothing."),
        (
            a_bill(3, 3, {"EUR": Decimal("1204.5"), "NOK": Decimal("0.8")}),
            "These 3 texts cost €1,204.50 and 0.80 NOK.",
        ),
        (
            a_bill(48, 38, is_open=True),
            "38 of 48 texts cost $0.31. The other 10 wait for their price, which usually takes"
            " less than a day.",
        ),
        (
            a_bill(7, 6, is_open=True),
            "6 of 7 texts cost $0.31. The other one waits for its price, which usually takes"
            " less than a day.",
        ),
        (
            a_bill(48, 0, is_open=True),
            "These 48 texts have no price yet; it usually comes within a day.",
        ),
        (
            a_bill(48, 47),
            "47 of 48 texts cost $0.31. No price came for the other one and we have stopped"
            " asking; Twilio's bill says it.",
        ),
        (
            a_bill(1, 0),
            "No price came for this text and we have stopped asking; Twilio's bill says it.",
        ),
        (
            a_bill(48, 0, is_open=True, trouble="login"),
            "These 48 texts have no price yet: Twilio refuses our login; an admin of your"
            " Pipedrive can connect it again.",
        ),
        (
            a_bill(48, 0, trouble="account"),
            "No price came for these 48 texts: they went out from a Twilio account that isn't"
            " connected any more.",
        ),
    ],
)
def test_what_texts_cost_is_said_as_far_as_it_is_known(bill: Bill | None, words: str) -> None:
    assert said(bill) == words


def test_programs_read_it_exactly() -> None:
    assert for_programs(a_bill(41, 40, is_open=True)) == {
        "texts": 41,
        "priced": 40,
        "money": [{"currency": "USD", "amount": "0.3075"}],
        "asking": True,
    }


def test_it_is_asked_at_the_plans_times_and_then_no_more() -> None:
    times = [
        next_look(NOW + after, settled_at=NOW, plan=PLAN)
        for after in (timedelta(), *PLAN, timedelta(days=9))
    ]
    assert times == [*(NOW + after for after in PLAN), None, None]
    assert next_look(NOW, settled_at=NOW, plan=()) is None


@pytest.mark.parametrize(
    ("passed", "wait", "next_at"),
    [
        (timedelta(hours=1), timedelta(minutes=1), timedelta(hours=1, minutes=1)),
        (timedelta(hours=71, minutes=30), timedelta(hours=1), timedelta(hours=72)),
        (timedelta(hours=72), timedelta(minutes=1), None),
    ],
)
def test_a_look_that_failed_comes_again_until_the_plan_ends(
    passed: timedelta, wait: timedelta, next_at: timedelta | None
) -> None:
    found = look_again(NOW + passed, settled_at=NOW, plan=PLAN, wait=wait)
    assert found == (None if next_at is None else NOW + next_at)


@pytest.mark.parametrize(
    ("counts", "life", "quiet"),
    [
        (Counts({State.DELIVERED: 3}), SENT, True),
        (Counts({State.DELIVERED: 3, State.SENDING: 1}), SENT, False),
        (Counts({State.DELIVERED: 3, State.READY: 1}), SENT, False),
        (Counts({State.DELIVERED: 3, State.SENT: 1}, looking=1), SENT, False),
        (
            Counts({State.DELIVERED: 3, State.READY: 1}),
            Life(NOW, resolved_at=NOW, confirmed_at=NOW, paused_at=NOW),
            True,
        ),
    ],
)
def test_prices_are_asked_for_when_nobody_is_about_to_be_texted(
    counts: Counts, life: Life, quiet: bool
) -> None:
    assert is_quiet(life, counts, NOW, opened_at=NOW) is quiet


def test_a_network_that_confirms_nothing_is_not_waited_for_a_day() -> None:
    silent = Counts({State.SENT: 3}, looking=3)
    assert is_quiet(SENT, silent, NOW, opened_at=NOW - timedelta(hours=2))


def test_what_takes_long_to_settle_is_looked_at_ever_more_rarely() -> None:
    waits = [not_quiet_until(NOW, opened_at=NOW - timedelta(minutes=m)) - NOW for m in (0, 60, 999)]
    assert waits == [timedelta(seconds=3), timedelta(minutes=6), timedelta(minutes=10)]


def test_a_page_waits_for_news_for_a_quarter_of_an_hour() -> None:
    waiting = a_bill(3, 1, is_open=True)
    assert waiting.is_expected(NOW + timedelta(minutes=14))
    assert not waiting.is_expected(NOW + timedelta(minutes=15))
    assert not a_bill(3, 3, is_open=True).is_expected(NOW)
    assert not a_bill(3, 1).is_expected(NOW)
    assert Bill(0, 0, is_open=True).is_expected(NOW)
