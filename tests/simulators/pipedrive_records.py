"""Keeps a simulated company's records: made on demand by id, so 200,000 cost nothing until read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

Record = dict[str, Any]
"""What the API answers, plus keys that begin with `_` and never leave the simulator."""


class Records(MutableMapping[int, Record]):
    """Ids 1…count, each made by `make`; changed, added and removed ones are remembered."""

    def __init__(self, count: int, make: Callable[[int], Record | None]) -> None:
        self._count = count
        self._make = make
        self._own: dict[int, Record] = {}
        self._gone: set[int] = set()
        self._ids: Sequence[int] | None = None

    def peek(self, record_id: int) -> Record | None:
        """The record, without keeping it in memory."""
        if record_id in self._own:
            return self._own[record_id]
        if record_id in self._gone or not 1 <= record_id <= self._count:
            return None
        return self._make(record_id)

    def ids(self) -> Sequence[int]:
        """All ids, ascending."""
        if self._ids is None:
            more = [i for i in self._own if i > self._count]
            if self._gone or more:
                first = (i for i in range(1, self._count + 1) if i not in self._gone)
                self._ids = [*first, *sorted(more)]
            else:
                self._ids = range(1, self._count + 1)
        return self._ids

    def after(self, record_id: int) -> Iterator[int]:
        """The ids above `record_id`, ascending."""
        ids = self.ids()
        return iter(ids[bisect_right(ids, record_id) :])

    def __getitem__(self, record_id: int) -> Record:
        """The record, kept from now on: whatever is changed in it stays changed."""
        record = self.peek(record_id)
        if record is None:
            raise KeyError(record_id)
        return self._own.setdefault(record_id, record)

    def __setitem__(self, record_id: int, record: Record) -> None:
        self._own[record_id] = record
        self._gone.discard(record_id)
        self._ids = None

    def __delitem__(self, record_id: int) -> None:
        if self.peek(record_id) is None:
            raise KeyError(record_id)
        self._own.pop(record_id, None)
        self._gone.add(record_id)
        self._ids = None

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids())

    def __len__(self) -> int:
        return len(self.ids())


def is_visible(record: Record, user_id: int) -> bool:
    """Whether a user may see it: `_invisible` is True (nobody) or a set of user ids."""
    hidden = record.get("_invisible", False)
    return not (user_id in hidden if isinstance(hidden, set | frozenset) else bool(hidden))


def public(record: Record) -> Record:
    """The record as the API answers it."""
    return {key: value for key, value in record.items() if not key.startswith("_")}
