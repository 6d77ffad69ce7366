"""People of a text for whom it did not work out, by reason, with some of their names (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from web import why
from workers.domain.delivery import State
from workers.domain.reasons import code_of
from workers.ports.reading import Alike, Named

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Group:
    """People for whom it did not work out for the same reason; `some` of them are named."""

    people: int
    said: str
    advice: str
    may_retry: bool
    some: tuple[Named, ...] = ()
    asks: str = ""  # exactly these people, as the list's query string

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.people - len(self.some)


def groups(by_reason: Mapping[tuple[State, str], Alike], states: Sequence[State]) -> list[Group]:
    """The people in `states` by reason, the biggest group first; same words = same group."""
    same: dict[tuple[str, str, bool], list[tuple[State, str]]] = {}
    for state, reason in sorted(by_reason):
        if state in states:
            same.setdefault(_said(state, reason), []).append((state, reason))
    made = [_group(said, {key: by_reason[key] for key in keys}) for said, keys in same.items()]
    return sorted(made, key=lambda group: -group.people)


def _said(state: State, reason: str) -> tuple[str, str, bool]:
    if state is State.SKIPPED:
        known = why.left_out(reason)
        return known.said, known.advice, False
    known = why.failure(reason)
    return known.said, known.advice, code_of(reason).may_retry


def _group(said: tuple[str, str, bool], found: Mapping[tuple[State, str], Alike]) -> Group:
    some = sorted((one for alike in found.values() for one in alike.some), key=lambda one: one.id)
    states = sorted({state.value for state, _ in found})
    reasons = sorted({reason for _, reason in found})
    asks = [("state", state) for state in states] + [("reason", reason) for reason in reasons]
    count = sum(alike.people for alike in found.values())
    return Group(count, *said, tuple(some[:_NAMED]), urlencode(asks))
