"""Which number somebody is texted on after a first text did not get through (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workers.domain.phone import NoNumber, read_number
from workers.domain.picking import Numbers, Usable, usable
from workers.domain.reason import Reason


def same_number(
    number: str, label: str, numbers: Numbers, known: Mapping[str, str]
) -> Usable | None:
    """The number they had, unless it was learned since that it, or the person, gets no texts."""
    opted_out = Reason.OPTED_OUT in {known.get(one) for one in _all(number, numbers)}
    return None if opted_out or number in known else Usable(number, label)


def other_number(number: str, numbers: Numbers, known: Mapping[str, str]) -> Usable | None:
    """Another of their numbers than `number`, which failed: a mobile one rather than another."""
    others = [one for one in usable(numbers, known) if one.number != number]
    return min(others, key=lambda one: not _is_mobile(one.number), default=None)


def without(number: str, numbers: Numbers) -> Sequence[Mapping[str, object]]:
    """Their numbers, `number` marked as the one that failed: it is never offered again by itself."""
    failed = Reason.FAILED_BEFORE.value
    return [
        {**entry, "reason": entry.get("reason") or failed}
        if entry.get("number") == number
        else entry
        for entry in numbers
    ]


def _all(number: str, numbers: Numbers) -> set[str]:
    return {number, *(str(entry["number"]) for entry in numbers if entry.get("number"))}


def _is_mobile(number: str) -> bool:
    read = read_number(number, "")
    return not isinstance(read, NoNumber) and read.is_mobile
