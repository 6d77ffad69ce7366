"""When a batch will be through, from the pace seen so far (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from workers.domain.batch import Counts
from workers.domain.delivery import State
from workers.domain.segments import count

#: Fewer people, or less time, say nothing of the pace.
FEWEST, _SHORTEST = 10, 3.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How many people got through lately, and the seconds between the first and the last of them."""

    people: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Queued:
    """People of a text who have not had their turn: those at Twilio, and those who wait here."""

    batch_id: UUID
    body: str = field(repr=False)
    there: int
    here: int

    @property
    def each(self) -> int:
        """Parts of one of its texts, about: as if nobody's name made it longer."""
        return count(self.body).segments


def ahead_of(own: int, queue: Iterable[Queued]) -> int:
    """About so many parts leave before the last of `own` that wait here.

    Twilio sends in the order in which it was handed; here every text has turn after turn.
    """
    return sum(text.each * text.there + min(text.each * text.here, own) for text in queue)


def time_left(counts: Counts, pace: Pace) -> timedelta | None:
    """Until the last text is with its mobile network; None while nobody can say.

    Twilio takes texts faster than a number may send them (a US long code sends one part a second)
    and queues the rest, so it is the pace behind that queue that counts: of people who got theirs.
    """
    waiting = counts[State.READY] + counts[State.SENDING] + counts[State.ACCEPTED]
    if not waiting or pace.people < FEWEST or pace.seconds < _SHORTEST:
        return None
    return timedelta(seconds=waiting * pace.seconds / (pace.people - 1))
