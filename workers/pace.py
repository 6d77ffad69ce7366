"""How many texts an account may have on the wire: up with every success, down when it says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

START = 4
MOST_WINDOWS = 1_000


@dataclass(slots=True)
class Pace:
    """One account's pace in one process; times are seconds of a monotonic clock."""

    most: int
    limit: float = START
    in_flight: int = 0
    blocked_until: float = 0.0
    trouble: int = 0  # failures in a row
    windows: dict[UUID, int] = field(default_factory=dict)  # by batch, doubled by each success
    by_batch: dict[UUID, int] = field(default_factory=dict)  # in flight

    def free(self, batch_id: UUID, now: float) -> int:
        """How many of the batch may be claimed now."""
        if now < self.blocked_until:
            return 0
        own = self.windows.get(batch_id, START) - self.by_batch.get(batch_id, 0)
        return max(0, min(int(self.limit) - self.in_flight, own))

    def took(self, batch_id: UUID, people: int) -> None:
        """So many were claimed."""
        self.in_flight += people
        self.by_batch[batch_id] = self.by_batch.get(batch_id, 0) + people

    def gave(self, batch_id: UUID) -> None:
        """One of them is answered."""
        self.in_flight -= 1
        self.by_batch[batch_id] -= 1
        if not self.by_batch[batch_id]:
            del self.by_batch[batch_id]
            self._forget()

    def _forget(self) -> None:
        """Windows of batches that have nobody on the wire go once there are many."""
        if len(self.windows) > MOST_WINDOWS:
            self.windows = {own: n for own, n in self.windows.items() if own in self.by_batch}

    def succeeded(self, batch_id: UUID) -> None:
        """The account took a text."""
        self.trouble = 0
        self.limit = min(self.most, self.limit + 1)
        self.windows[batch_id] = min(self.most, self.windows.get(batch_id, START) * 2)

    def slower(self, batch_id: UUID, *, wait: float, now: float) -> float:
        """The account refused for now: half as many, after a pause. Returns the seconds to wait."""
        self.trouble += 1
        self.limit = max(1.0, self.limit / 2)
        self.windows.pop(batch_id, None)
        pause = wait or min(30.0, 0.5 * 2.0 ** min(self.trouble, 10))
        self.blocked_until = max(self.blocked_until, now + pause)
        return self.blocked_until - now
