"""Who may be put back into a draft, and on which of their numbers (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.domain.reason import Reason

#: Who was left out for one of these can be ticked again; for the others Pipedrive, the person or
#: time has to change something first.
_TEXTED = {Reason.TEXTED_RECENTLY, Reason.SAME_TEXT, Reason.IN_ANOTHER}
WAY_BACK = frozenset({Reason.UNTICKED, Reason.SAME_NUMBER, *_TEXTED})

Numbers = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Usable:
    """A number that a person may be texted on, with its label in Pipedrive."""

    number: str  # E.164
    label: str


def has_way_back(reason: str | None) -> bool:
    """Whether somebody left out for `reason` may be texted after all."""
    return reason in WAY_BACK


def usable(numbers: Numbers, known: Mapping[str, str]) -> list[Usable]:
    """The different numbers that a person can be texted on, in the order of Pipedrive.

    `numbers` as `person.Choice` has them, `known` as `person.choose` wants it. Whoever opted out
    on one of their numbers has none.
    """
    reasons = {_reason(entry, known) for entry in numbers}
    if Reason.OPTED_OUT in reasons:
        return []
    found: dict[str, Usable] = {}
    for entry in numbers:
        number = entry.get("number")
        if isinstance(number, str) and _reason(entry, known) is None:
            found.setdefault(number, Usable(number, str(entry.get("label") or "")))
    return list(found.values())


def all_numbers(numbers: Numbers) -> list[str]:
    """Every number that could be read, usable or not, for asking what is known of them."""
    return [str(entry["number"]) for entry in numbers if entry.get("number")]


def _reason(entry: Mapping[str, object], known: Mapping[str, str]) -> object:
    return entry.get("reason") or known.get(str(entry.get("number")))
