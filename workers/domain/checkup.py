"""What a look at one part of the set-up found, for the person who runs the app."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is, as it is printed."""

    OK = "ok"
    WARN = "warn"  # it works, with less than there could be
    FAIL = "FAIL"  # it does not work until somebody does what the sentence says


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: a part of the set-up and a sentence that says what to do. Never a secret."""

    verdict: Verdict
    part: str
    sentence: str


def ok(part: str, sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(Verdict.OK, part, sentence)


def warn(part: str, sentence: str) -> Finding:
    """It works, and could be better."""
    return Finding(Verdict.WARN, part, sentence)


def fail(part: str, sentence: str) -> Finding:
    """Something must be done first."""
    return Finding(Verdict.FAIL, part, sentence)
