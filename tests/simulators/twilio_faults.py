"""Faults waiting to happen: each is met by one request, in the order asked for."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request; `kind` says before or after the text was accepted."""

    kind: str  # refuse · hang · reset · unavailable · cut
    status: int = 0
    code: int = 0
    headers: Mapping[str, str] | None = None
    body: str | None = None
    at: int = 0


class Faults:
    """The queues of faults, one each for create, fetch and list."""

    def __init__(self) -> None:
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def fail_next(
        self,
        status: int,
        code: int = 0,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        on: str = "create",
    ) -> None:
        """Nothing is accepted; `body` replaces Twilio's JSON. `on`: create, fetch or list."""
        fault = Fault("refuse", status, code, headers, body)
        self.faults[on].extend([fault] * times)

    def throttle(
        self, times: int = 1, retry_after: float | None = None, on: str = "create"
    ) -> None:
        headers = None if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        self.fail_next(429, 20429, times, headers, on=on)

    def hang_next(self, times: int = 1, on: str = "create") -> None:
        """Accepted, never answered."""
        self.faults[on].extend([Fault("hang")] * times)

    def reset_next(self, times: int = 1, on: str = "create") -> None:
        """Accepted, then the connection is reset."""
        self.faults[on].extend([Fault("reset")] * times)

    def error_after_accept(self, times: int = 1, status: int = 503) -> None:
        """Accepted, then 503 (or 500)."""
        self.faults["create"].extend([Fault("unavailable", status)] * times)

    def cut_answer_at(self, k: int, on: str = "create") -> None:
        """Accepted; the next answer ends after its first `k` bytes."""
        self.faults[on].append(Fault("cut", at=k))

    @property
    def waiting_faults(self) -> int:
        return sum(map(len, self.faults.values()))

    def next_fault(self, on: str) -> Fault | None:
        return self.faults[on].popleft() if self.faults[on] else None
