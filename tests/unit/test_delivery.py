"""The table of moves, and that receipts may come in any order, early, late and twice."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import reports
from workers.domain.delivery import MOVES, RANK, Cause, State, may, sources, strongest

FINAL = {State.DELIVERED, State.READ, State.UNDELIVERED, State.FAILED}
IN_TWILIOS_HANDS = {State.SENDING, State.UNCONFIRMED, State.ACCEPTED, State.SENT}


def told(state: State, attempt: str, *reported: str) -> tuple[State, str]:
    """A recipient and its attempt after these receipts, as the store applies them."""
    for report in reported:
        attempt = strongest(attempt, report)
        if may(Cause.RECEIPT, state, State(attempt)):
            state = State(attempt)
    return state, attempt


def moves() -> list[tuple[Cause, State, State]]:
    return [
        (cause, state, to)
        for cause, table in MOVES.items()
        for state, targets in table.items()
        for to in targets
    ]


# ---------------------------------------------------------------- the table

#: Design §4, in its own words; the table in the code says the same or this test names the difference.
DESIGN = """
resolve | pending: ready skipped
draft | ready: skipped
draft | skipped: ready
claim | ready: sending skipped
answer | sending: accepted failed unconfirmed ready
answer | unconfirmed: accepted failed ready
receipt | sending: accepted sent canceled failed undelivered delivered read
receipt | unconfirmed: accepted sent canceled failed undelivered delivered read
receipt | accepted: sent canceled failed undelivered delivered read
receipt | sent: canceled failed undelivered delivered read
receipt | failed: undelivered delivered read
receipt | undelivered: delivered read
receipt | delivered: read
receipt | ready: accepted sent delivered read
receipt | canceled: accepted sent delivered read
receipt | skipped: accepted sent delivered read
watch | sending: unconfirmed
restore | ready: unconfirmed
restore | canceled: unconfirmed
correction | accepted: unconfirmed
correction | sent: unconfirmed
correction | canceled: unconfirmed
correction | failed: unconfirmed
correction | undelivered: unconfirmed
correction | delivered: unconfirmed
correction | read: unconfirmed
person | ready: canceled
person | unconfirmed: ready
person | failed: ready
person | undelivered: ready
"""


def test_the_table_is_the_designs() -> None:
    written = set()
    for line in DESIGN.split("\n")[1:-1]:
        source, _, targets = line.partition(": ")
        cause, _, state = source.partition(" | ")
        written |= {(Cause(cause), State(state), State(to)) for to in targets.split()}

    assert set(moves()) == written


def test_every_cause_moves_somebody_and_every_state_is_somebodys() -> None:
    assert set(MOVES) == set(Cause)
    assert {to for _, _, to in moves()} | {State.PENDING} == set(State)


def test_nobody_moves_to_where_they_are_or_back_to_pending() -> None:
    assert all(state is not to and to is not State.PENDING for _, state, to in moves())


def test_only_a_claim_puts_somebody_on_the_wire() -> None:
    assert [(cause, state) for cause, state, to in moves() if to is State.SENDING] == [
        (Cause.CLAIM, State.READY)
    ]


def test_only_a_person_or_a_certain_no_makes_somebody_ready_again() -> None:
    again = {
        (cause, state)
        for cause, state, to in moves()
        if to is State.READY and state not in {State.PENDING, State.SKIPPED}
    }

    assert again == {
        (Cause.ANSWER, State.SENDING),
        (Cause.ANSWER, State.UNCONFIRMED),
        (Cause.PERSON, State.UNCONFIRMED),
        (Cause.PERSON, State.FAILED),
        (Cause.PERSON, State.UNDELIVERED),
    }


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT, State.DELIVERED, State.READ])
def test_whom_twilio_took_only_moves_by_what_twilio_says(state: State) -> None:
    assert {cause for cause, at, _ in moves() if at is state} <= {Cause.RECEIPT, Cause.CORRECTION}
    assert not {to for _, at, to in moves() if at is state} & {State.READY, State.SENDING}


def test_nobody_who_was_left_out_is_texted_after_confirming() -> None:
    moved = {(cause, to) for cause, state, to in moves() if state is State.SKIPPED}
    told = {to for cause, to in moved if cause is Cause.RECEIPT}

    assert {cause for cause, _ in moved} == {Cause.DRAFT, Cause.RECEIPT}
    assert not told & {State.READY, State.SENDING}


def test_a_dead_claim_is_unknown_never_sent_again_by_itself() -> None:
    assert MOVES[Cause.WATCH] == {State.SENDING: {State.UNCONFIRMED}}


def test_the_sql_guard_says_what_the_table_says() -> None:
    assert sources(Cause.CLAIM, State.SENDING) == ["ready"]
    assert sources(Cause.PERSON, State.READY) == ["failed", "unconfirmed", "undelivered"]
    assert sources(Cause.CLAIM, State.READ) == []
    assert all(
        (state.value in sources(cause, to)) == may(cause, state, to)
        for cause, state, to in itertools.product(Cause, State, State)
    )


# ---------------------------------------------------------------- receipts


def test_later_in_this_row_is_stronger() -> None:
    row = "sending unconfirmed not_sent accepted sent canceled failed undelivered delivered read"

    assert sorted(RANK, key=RANK.__getitem__) == row.split()
    assert len(set(RANK.values())) == len(RANK)


def test_evidence_of_arrival_wins() -> None:
    assert strongest("accepted", "delivered", "undelivered", "sent") == "delivered"
    assert strongest("not_sent", "accepted") == "accepted"
    assert strongest("unconfirmed", "not_sent") == "not_sent"
    assert strongest("sending") == "sending"


@given(st.lists(st.sampled_from(list(RANK)), min_size=1), st.randoms())
def test_the_order_of_what_is_known_does_not_matter(known: list[str], luck: Random) -> None:
    shuffled = sorted(known, key=lambda _: luck.random())

    assert strongest(*shuffled) == strongest(*known)
    assert strongest(*known, *known) == strongest(*known)
    assert strongest(strongest(*known[:1]), *known) == strongest(*known)


ORDERS = list(itertools.permutations(["accepted", "sent", "delivered", "undelivered", "read"]))


@pytest.mark.parametrize("state", sorted(IN_TWILIOS_HANDS - {State.SENT}))
def test_receipts_in_any_order_end_alike(state: State) -> None:
    ends = {told(state, state.value, *order) for order in ORDERS}

    assert ends == {(State.READ, "read")}


@given(st.lists(reports.filter(lambda report: report != "canceled"), min_size=1), st.randoms())
def test_a_recipient_ends_where_their_attempt_ends(reported: list[str], luck: Random) -> None:
    shuffled = sorted(reported, key=lambda _: luck.random())
    end = strongest(*reported)

    assert told(State.SENDING, "sending", *reported) == (State(end), end)
    assert told(State.SENDING, "sending", *shuffled) == (State(end), end)
    assert told(State.UNCONFIRMED, "unconfirmed", *shuffled, *reported) == (State(end), end)


@given(st.lists(reports))
def test_a_final_state_stays_final(reported: list[str]) -> None:
    for state in FINAL:
        assert told(state, state.value, *reported)[0] in FINAL


@pytest.mark.parametrize("state", [State.READY, State.CANCELED, State.SKIPPED])
@pytest.mark.parametrize("late", ["accepted", "sent", "delivered", "read"])
def test_a_text_that_was_taken_after_all_withdraws_the_next_one(state: State, late: str) -> None:
    assert told(state, "unconfirmed", late) == (State(late), late)


@pytest.mark.parametrize("state", [State.READY, State.CANCELED, State.SKIPPED])
@pytest.mark.parametrize("late", ["failed", "undelivered"])
def test_a_late_no_to_the_earlier_text_withdraws_nothing(state: State, late: str) -> None:
    assert told(state, "unconfirmed", late)[0] is state


def test_a_receipt_moves_nobody_who_was_never_texted() -> None:
    assert not MOVES[Cause.RECEIPT].get(State.PENDING)
