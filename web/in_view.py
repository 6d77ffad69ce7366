"""Whose rows a page shows, as its polls say it: `shown=1001-1100,1205`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

#: No list shows so many; a poll that names more is told of everybody, as one that names nobody.
MOST = 1_000


def runs(ids: Iterable[int]) -> str:
    """The ids in ascending order, neighbours as one run."""
    found: list[list[int]] = []
    for one in sorted(set(ids)):
        if found and one == found[-1][1] + 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def ids(text: str | None) -> Collection[int] | None:
    """The same back; None = everybody: nothing was said, or nothing that `runs` says."""
    if text is None or len(text) > 20 * MOST:
        return None
    found: set[int] = set()
    for run in filter(None, text.split(",")):
        ends = run.split("-")
        if len(ends) > 2 or not all(map(_is_id, ends)):
            return None
        first, last = int(ends[0]), int(ends[-1])
        if last - first >= MOST - len(found):
            return None
        found.update(range(first, last + 1))
    return frozenset(found)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20
