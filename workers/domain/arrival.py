"""When texts will have gone out: at the sender's rate, as long as they may wait in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.domain.cost import Range


@dataclass(frozen=True, slots=True)
class Arrival:
    """How long it takes to hand all parts to the networks, and who would be too late."""

    seconds: float
    people_at_night: int = 0  # not out when the quiet hours begin
    people_expired: int = 0  # not out when their text may wait no longer
    before: float = 0.0  # seconds of it in which other texts leave

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.seconds)


def arrival_of(
    parts: Range,
    people: int,
    rate: float,
    *,
    ahead: int = 0,
    begins: datetime,
    night: datetime | None,
    may_wait: timedelta,
) -> Arrival | None:
    """For `rate` parts a second from `begins` on; None where the rate is not known.

    `ahead` = parts of other texts that leave before. `night` = the next beginning of the quiet
    hours. The number of parts is taken in the middle.
    """
    if rate <= 0 or people < 1:
        return None
    total = float(parts.low + parts.high) / 2
    a_person = total / people / rate  # seconds
    before = ahead / rate
    at_night = 0
    if night is not None:
        at_night = _left(people, a_person, (night - begins).total_seconds() - before)
    expired = _left(people, a_person, may_wait.total_seconds() - before)
    return Arrival(before + total / rate, at_night, expired, before)


def _left(people: int, a_person: float, seconds: float) -> int:
    """How many have not had their turn after so many seconds."""
    if a_person <= 0:
        return 0
    return max(0, people - int(max(0.0, seconds) / a_person + 1e-9))
