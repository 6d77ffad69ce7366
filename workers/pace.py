"""How many texts an account may have on the wire: up with every success, down when it says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

START = 4
MOST_WINDOWS = 1_000
#: A claim costs several round trips, so people are claimed in groups: of a quarter of what may be on
#: the wire, up to the least; of more where as many again are still waiting for a hand.
LEAST_GROUP, GROUP = 25, 100
#: Claimed ahead, people wait for a free hand about this long, in seconds. It must stay well below
#: the time in which a claim may be posted. And they are few: of a worker that is killed nobody knows
#: whether they were texted.
AHEAD = 0.15
MOST_AHEAD = 50
#: So many answers in a row that never came, and the account is silent: each more would make somebody
#: else uncertain. Fewer are connections that were lost, and cost nothing.
SILENT = 10


@dataclass(slots=True)
class Pace:
    """One account's pace in one process; times are seconds of a monotonic clock."""

    most: int
    limit: float = START  # on the wire at once
    claimed: int = 0  # waiting for a hand, or on the wire
    blocked_until: float = 0.0
    trouble: int = 0  # pauses in a row, without a success between
    lost: int = 0  # answers in a row that never came
    ceiling: float = 0.0  # where the account last said no: growth is slow from there on
    seconds: float = 0.0  # that a post takes, about
    windows: dict[UUID, int] = field(default_factory=dict)  # by batch, doubled by each success
    by_batch: dict[UUID, int] = field(default_factory=dict)  # claimed

    def wanted(self, batch_id: UUID, now: float) -> int:
        """How many of the batch should be claimed now; 0 until there is room for a group."""
        if now < self.blocked_until:
            return 0
        free = int(self.limit) + self._ahead() - self.claimed
        if free < 1:  # as after most answers
            return 0
        window = self.windows.get(batch_id, START)
        free = min(free, window - self.by_batch.get(batch_id, 0))
        group = max(min(LEAST_GROUP, int(self.limit) // 4), min(GROUP, self._ahead() // 2))
        return free if free >= max(1, min(group, window // 4)) else 0

    def _ahead(self) -> int:
        if not self.seconds:
            return 0
        return min(MOST_AHEAD, int(AHEAD * self.limit / self.seconds))

    def took(self, batch_id: UUID, people: int) -> None:
        """So many were claimed."""
        self.claimed += people
        if people:
            self.by_batch[batch_id] = self.by_batch.get(batch_id, 0) + people

    def gave(self, batch_id: UUID) -> None:
        """One of them is answered."""
        self.claimed -= 1
        self.by_batch[batch_id] -= 1
        if not self.by_batch[batch_id]:
            del self.by_batch[batch_id]
            self._forget()

    def _forget(self) -> None:
        """Windows of batches that have nobody on the wire go once there are many."""
        if len(self.windows) > MOST_WINDOWS:
            self.windows = {own: n for own, n in self.windows.items() if own in self.by_batch}

    def succeeded(self, batch_id: UUID, *, seconds: float) -> None:
        """The account took a text, `seconds` after it was posted."""
        self.trouble = self.lost = 0
        self.seconds += (seconds - self.seconds) * (0.05 if self.seconds else 1.0)
        is_near = 0 < self.ceiling <= self.limit
        self.limit = min(self.most, self.limit + (1 / self.limit if is_near else 1))
        self.windows[batch_id] = min(self.most + MOST_AHEAD, self.windows.get(batch_id, START) * 2)

    def is_first(self, batch_id: UUID) -> bool:
        """Whether the batch's first text was just taken: the others wait until that is known."""
        return self.windows.get(batch_id) == 2 * START

    def lose(self) -> bool:
        """An answer never came; whether the account is silent."""
        self.lost += 1
        return self.lost >= SILENT

    def slower(self, batch_id: UUID, *, wait: float, concurrent: int, now: float) -> float:
        """The account refused for now: half as many, after a pause. Returns the seconds to wait.

        `concurrent`: how many requests of all processes Twilio counted; 0 = it did not say.
        """
        if now >= self.blocked_until:  # once per trouble: all that were on the wire are refused
            self.trouble += 1
            self.limit = max(1.0, min(self.limit, concurrent or self.limit) / 2)
            self.ceiling = self.limit
        self.windows.pop(batch_id, None)
        pause = wait or min(30.0, 0.5 * 2.0 ** min(self.trouble, 10))
        self.blocked_until = max(self.blocked_until, now + pause)
        return self.blocked_until - now
