"""A recipient's life and an attempt's: their states and the one table of legal moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a recipient stands."""

    PENDING = "pending"  # selected; number not known yet
    READY = "ready"  # number known, not sent yet
    SKIPPED = "skipped"  # left out, with a reason
    SENDING = "sending"  # claimed: the request may be on the wire
    UNCONFIRMED = "unconfirmed"  # asked and do not know
    ACCEPTED = "accepted"  # Twilio has it
    SENT = "sent"  # the mobile network has it
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"  # the network said no
    FAILED = "failed"  # never left Twilio, or Twilio said no
    CANCELED = "canceled"  # a person stopped it before it was sent


class Cause(StrEnum):
    """Why a recipient moves; each cause has its own row of legal moves."""

    RESOLVE = "resolve"  # a page of the selection was read (batch not confirmed)
    DRAFT = "draft"  # a person, before confirming
    CLAIM = "claim"  # the sender takes it
    ANSWER = "answer"  # what the current attempt's POST was answered
    RECEIPT = "receipt"  # a receipt or a look-up of the current attempt
    WATCH = "watch"  # a claim died
    RESTORE = "restore"  # a restored database did not know that they were texted
    CORRECTION = "correction"  # what a look-up had found was another attempt's text
    PERSON = "person"  # a person, after confirming: stop, retry, send anyway


_S = State
_REPORTED = frozenset(
    {_S.ACCEPTED, _S.SENT, _S.CANCELED, _S.FAILED, _S.UNDELIVERED, _S.DELIVERED, _S.READ}
)
_ARRIVED = frozenset({_S.DELIVERED, _S.READ})
_TAKEN = frozenset({_S.ACCEPTED, _S.SENT, _S.DELIVERED, _S.READ})

#: The legal moves, `MOVES[cause][from] -> to`. Nothing else may change a recipient's state, and
#: the store builds its SQL guards from this table alone (`sources`).
MOVES: Mapping[Cause, Mapping[State, frozenset[State]]] = {
    Cause.RESOLVE: {_S.PENDING: frozenset({_S.READY, _S.SKIPPED})},
    Cause.DRAFT: {_S.READY: frozenset({_S.SKIPPED}), _S.SKIPPED: frozenset({_S.READY})},
    Cause.CLAIM: {_S.READY: frozenset({_S.SENDING, _S.SKIPPED})},
    Cause.ANSWER: {
        _S.SENDING: frozenset({_S.ACCEPTED, _S.FAILED, _S.UNCONFIRMED, _S.READY}),
        # A worker that was stopped and woke finds its claim given up as unconfirmed. Its own late
        # "certainly not sent" or "no" is better than any look-up: the attempt is still the current one.
        _S.UNCONFIRMED: frozenset({_S.ACCEPTED, _S.FAILED, _S.READY}),
    },
    Cause.RECEIPT: {
        _S.SENDING: _REPORTED,
        _S.UNCONFIRMED: _REPORTED,
        _S.ACCEPTED: _REPORTED - {_S.ACCEPTED},
        _S.SENT: _REPORTED - {_S.ACCEPTED, _S.SENT},
        _S.FAILED: _ARRIVED | {_S.UNDELIVERED},
        _S.UNDELIVERED: _ARRIVED,
        _S.DELIVERED: frozenset({_S.READ}),
        # A re-send was asked for (or asked for and stopped), and then the earlier text turned out to
        # have been taken: what happened wins over what was meant.
        _S.READY: _TAKEN,
        _S.CANCELED: _TAKEN,
        _S.SKIPPED: _TAKEN,  # left out at that re-send's claim; in a draft nobody has an attempt
    },
    Cause.WATCH: {_S.SENDING: frozenset({_S.UNCONFIRMED})},
    # until Twilio says how it stands; also where the batch was stopped before that was asked
    Cause.RESTORE: dict.fromkeys((_S.READY, _S.CANCELED), frozenset({_S.UNCONFIRMED})),
    Cause.CORRECTION: dict.fromkeys(_REPORTED, frozenset({_S.UNCONFIRMED})),
    Cause.PERSON: {
        _S.READY: frozenset({_S.CANCELED}),
        _S.UNCONFIRMED: frozenset({_S.READY}),
        _S.FAILED: frozenset({_S.READY}),
        _S.UNDELIVERED: frozenset({_S.READY}),
    },
}


def may(cause: Cause, state: State, to: State) -> bool:
    """Whether `cause` may move a recipient from `state` to `to`."""
    return to in MOVES[cause].get(state, frozenset())


def sources(cause: Cause, to: State) -> list[str]:
    """The states from which `cause` may move to `to`, as the store's SQL guard wants them."""
    return sorted(state.value for state, targets in MOVES[cause].items() if to in targets)


#: The order of what is known of an attempt; its state is the maximum of its answer and receipts,
#: so order, doubling, earliness and lateness of receipts cannot matter. `not_sent` ranks below
#: every evidence of acceptance.
RANK: Mapping[str, int] = {
    "sending": 0,
    "unconfirmed": 1,
    "not_sent": 2,
    "accepted": 3,
    "sent": 4,
    "canceled": 5,
    "failed": 6,
    "undelivered": 7,
    "delivered": 8,
    "read": 9,
}


def strongest(*states: str) -> str:
    """The attempt state that wins among what is known (evidence of arrival wins)."""
    return max(states, key=RANK.__getitem__)
