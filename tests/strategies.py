"""Hypothesis strategies for domain objects."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.builders import NOON
from workers.domain.action import Chosen, Filtered, Selection
from workers.domain.batch import Counts, Life
from workers.domain.delivery import RANK, State

ids = st.integers(min_value=1, max_value=10**15 - 1)


def selections() -> st.SearchStrategy[Selection]:
    chosen = st.lists(ids, min_size=1, unique=True).map(lambda some: Chosen(tuple(some)))
    excluded = st.frozensets(ids, max_size=5)
    by_one = st.builds(Filtered, by=st.sampled_from(("filter", "owner")), id=ids, excluded=excluded)
    everyone = st.builds(Filtered, by=st.just("everyone"), id=st.none(), excluded=excluded)
    days = st.none() | st.dates()
    some = st.frozensets(st.sampled_from(("call", "lunch")))
    narrowed = st.builds(replace, everyone, kinds=some, since=days, until=days)
    return chosen | by_one | everyone | narrowed


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(-7200, 7200).map(lambda seconds: NOON + timedelta(seconds=seconds))


def lives() -> st.SearchStrategy[Life]:
    maybe = st.none() | moments()
    return st.builds(
        Life,
        created_at=moments(),
        resolved_at=maybe,
        refused_reason=st.none() | st.just("too_many"),
        confirmed_at=maybe,
        not_before=maybe,
        send_by=maybe,
        first_claim_at=maybe,
        paused_at=maybe,
        pause_reason=st.none() | st.sampled_from(("person", "account", "restored")),
        canceled_at=maybe,
        resolve_not_before=maybe,
        resolve_wait_reason=st.none() | st.just("pipedrive_budget"),
        back_off_until=maybe,
    )


def counted() -> st.SearchStrategy[Counts]:
    by_state = st.dictionaries(st.sampled_from(list(State)), st.integers(0, 1000))
    return st.builds(Counts, by_state=by_state, looking=st.integers(0, 50))


#: What receipts and look-ups can say of an attempt that Twilio took.
reports = st.sampled_from([state for state in RANK if RANK[state] >= RANK["accepted"]])
