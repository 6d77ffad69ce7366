"""Tests of a draft on its page: where they go, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from web import views, words
from web.shown import is_owner, written
from web.why import failure, left_out
from workers.domain.delivery import State
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.ports.tryouts import MOST_TESTS, Tryout
from workers.stages.tryout import number_of


async def context(runtime: Runtime, view: BatchView, user: User) -> dict[str, Any]:
    """What `parts/tryout.html` needs; only a draft's owner sees tests, they hold their number."""
    if views.mood(view) != "draft" or not is_owner(view, user):
        return {"tryouts": (), "testing": False}
    made = await runtime.tryouts.of(view.id)
    return {
        "tryouts": [(written(tryout.number), said(tryout)) for tryout in made],
        "testing": any(not tryout.is_over for tryout in made),
        "test_number": await own_number(runtime, user),
        "most_tests": MOST_TESTS,
    }


async def own_number(runtime: Runtime, user: User) -> str:
    """The rep's own number as it stands in its field before they type another."""
    return written(await number_of(runtime, user))


async def beside(runtime: Runtime, view: BatchView, user: User) -> str:
    """Changes whenever a test does: they move without the batch itself."""
    if views.mood(view) != "draft" or not is_owner(view, user):
        return ""
    return repr([(one.state, one.reason, one.is_over) for one in await runtime.tryouts.of(view.id)])


def told(made: Sequence[Tryout]) -> list[dict[str, Any]]:
    """The tests for programs."""
    return [
        {"number": one.number, "state": one.state.value, "reason": one.reason, "words": said(one)}
        for one in made
    ]


def said(tryout: Tryout) -> str:
    """What became of a test."""
    if tryout.said_no is not None:
        return f"not sent. {failure(tryout.said_no).said}"
    match tryout.state:
        case State.READY if tryout.is_late:
            return "not sent in time, and it won't be any more"
        case State.READY | State.SENDING:
            return "on its way"
        case State.SKIPPED:
            return f"not sent: {left_out(tryout.reason).said}"
        case State.UNDELIVERED | State.FAILED:
            return f"{words.COUNTED[tryout.state]}. {failure(tryout.reason).said}"
        case State.UNCONFIRMED | State.SENT if tryout.is_over:
            return words.COUNTED_AT_THE_END[tryout.state]
        case _:
            return words.COUNTED[tryout.state]
