"""A batch's phase and what it waits for."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given

from tests.builders import NOON, after, counts, life
from tests.strategies import counted, lives, moments
from workers.domain.batch import ENDED, Counts, Life, Phase, Waiting, is_too_late, phase, waiting
from workers.domain.delivery import State

CONFIRMED = {"confirmed": True, "not_before": after(-50), "send_by": after(4 * 3600)}


def running(**facts: object) -> Life:
    return life(**{**CONFIRMED, **facts})  # type: ignore[arg-type]  # by field, each of its own type


PHASES = [
    (life(resolved=False), counts(), Phase.RESOLVING),
    (life(resolved=False), counts(pending=3, ready=1), Phase.RESOLVING),
    (life(), counts(ready=3, skipped=1), Phase.DRAFT),
    (life(), counts(skipped=4), Phase.DRAFT),
    (life(canceled_at=after(-1)), counts(ready=3), Phase.CANCELED),
    (life(resolved=False, canceled_at=after(-1)), counts(pending=3), Phase.CANCELED),
    (life(resolved=False, refused_reason="too_many"), counts(pending=3), Phase.REFUSED),
    (running(not_before=after(10)), counts(ready=3), Phase.SENDING),  # held for undo
    (running(), counts(ready=3), Phase.SENDING),
    (running(), counts(ready=2, sending=1), Phase.SENDING),
    (running(), counts(ready=2, pending=2), Phase.SENDING),
    (running(), counts(sending=1, delivered=2), Phase.SENDING),
    (running(back_off_until=after(5)), counts(ready=2), Phase.SENDING),
    (running(paused_at=after(-1)), counts(ready=2, accepted=1, looking=1), Phase.PAUSED),
    (running(send_by=NOON), counts(ready=2), Phase.PAUSED),
    (running(paused_at=after(-1)), counts(sending=1, delivered=2), Phase.SENDING),
    (running(paused_at=after(-1)), counts(delivered=2), Phase.SETTLED),  # nobody left to pause
    (running(canceled_at=after(-1), paused_at=after(-2)), counts(ready=2), Phase.SENDING),
    (running(), counts(accepted=1, delivered=2, looking=1), Phase.DELIVERING),
    (running(), counts(unconfirmed=1, delivered=2, looking=1), Phase.DELIVERING),
    (running(send_by=NOON), counts(sent=3, looking=3), Phase.DELIVERING),
    (running(), counts(sent=1, unconfirmed=1, delivered=2), Phase.SETTLED),  # asked long enough
    (running(), counts(delivered=2, failed=1, skipped=1), Phase.SETTLED),
    (running(canceled_at=after(-1)), counts(sent=1, canceled=2, looking=1), Phase.DELIVERING),
    (running(canceled_at=after(-1)), counts(delivered=1, canceled=2), Phase.CANCELED),
]


@pytest.mark.parametrize(("facts", "people", "expected"), PHASES)
def test_a_batch_is_in_the_phase_that_its_facts_say(
    facts: Life, people: Counts, expected: Phase
) -> None:
    assert phase(facts, people, NOON) is expected


def test_a_batch_has_ended_when_nothing_more_happens_by_itself() -> None:
    assert {Phase.SETTLED, Phase.CANCELED, Phase.REFUSED} == ENDED


@given(lives(), counted(), moments())
def test_every_batch_is_in_one_phase(facts: Life, people: Counts, now: datetime) -> None:
    current = phase(facts, people, now)

    assert isinstance(current, Phase)
    if current in ENDED and facts.confirmed_at and not facts.refused_reason:
        assert not people[State.PENDING] + people[State.READY] + people[State.SENDING]
        assert not people.looking


@given(lives(), counted(), moments())
def test_a_batch_that_is_not_confirmed_never_sends(
    facts: Life, people: Counts, now: datetime
) -> None:
    if facts.confirmed_at is None:
        assert phase(facts, people, now) in {
            Phase.RESOLVING,
            Phase.DRAFT,
            Phase.CANCELED,
            Phase.REFUSED,
        }


@given(counted())
def test_everybody_selected_is_in_one_state(people: Counts) -> None:
    assert people.people == sum(people[state] for state in State)


def test_it_is_too_late_from_send_by_on() -> None:
    facts = running(send_by=NOON)

    assert not is_too_late(facts, after(-0.001))
    assert is_too_late(facts, NOON)
    assert not is_too_late(life(), NOON)


# ---------------------------------------------------------------- waiting

READY = counts(ready=3, delivered=1)


@pytest.mark.parametrize(
    ("facts", "people", "expected"),
    [
        (running(), READY, []),
        (running(not_before=after(10)), READY, [Waiting("hold", after(10), 3)]),
        (running(not_before=NOON), READY, []),
        (running(back_off_until=after(5)), READY, [Waiting("pace", after(5), 3)]),
        (running(back_off_until=NOON), READY, []),
        (running(paused_at=NOON, pause_reason="person"), READY, [Waiting("paused", None, 3)]),
        (running(paused_at=NOON, pause_reason="restored"), READY, [Waiting("paused", None, 3)]),
        (running(paused_at=NOON, pause_reason="account"), READY, [Waiting("account", None, 3)]),
        (
            running(paused_at=NOON, pause_reason="account", not_before=after(10)),
            READY,
            [Waiting("account", None, 3)],
        ),
        (running(send_by=NOON), READY, [Waiting("paused", None, 3)]),
        (running(canceled_at=NOON, paused_at=NOON), READY, []),
        (running(not_before=after(10)), counts(sending=1), []),
        (life(), READY, []),
        (life(resolved=False), counts(pending=2), []),
        (
            life(
                resolved=False,
                resolve_not_before=after(60),
                resolve_wait_reason="pipedrive_budget",
            ),
            counts(pending=2, ready=5),
            [Waiting("pipedrive_budget", after(60), 2)],
        ),
        (
            life(resolved=False, resolve_not_before=after(2)),
            counts(pending=2),
            [Waiting("pace", after(2), 2)],
        ),
        (life(resolved=False, resolve_not_before=NOON), counts(pending=2), []),
    ],
)
def test_people_wait_for_what_the_facts_say(
    facts: Life, people: Counts, expected: list[Waiting]
) -> None:
    assert waiting(facts, people, NOON) == expected


@given(lives(), counted(), moments())
def test_nobody_waits_for_what_has_passed(facts: Life, people: Counts, now: datetime) -> None:
    for reason in waiting(facts, people, now):
        assert reason.until is None or reason.until > now
        assert reason.people in {people[State.READY], people[State.PENDING]}


@given(lives(), counted(), moments())
def test_a_paused_batch_says_why(facts: Life, people: Counts, now: datetime) -> None:
    if phase(facts, people, now) is Phase.PAUSED and people[State.READY]:
        assert waiting(facts, people, now)[0].reason in {"paused", "account"}
