"""A Messenger in memory: it remembers what it accepted and answers as it was told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from workers.domain.errors import ProviderError, Rejected, Unconfirmed
from workers.ports.outside import Account, Message, Report

ACCOUNT = Account(
    account_sid="AC" + "1" * 32,
    username="AC" + "1" * 32,
    password="demo-auth-token-0123456789abcdef",
    auth_tokens=("demo-auth-token-0123456789abcdef",),
    messaging_service_sid="MG" + "2" * 32,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A text that the fake Twilio took, whether or not its answer arrived."""

    message: Message
    account: Account
    report: Report
    at: datetime


def _opened() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class FakeMessenger:
    """Accepts everything until told otherwise with `script` or `to`.

    An outcome is an error to raise (an `Unconfirmed` is raised *after* the text was accepted, as the
    real danger is; use `lost_before` for the other half) or None for a plain yes.
    """

    script: deque[ProviderError | None] = field(default_factory=deque)  # for the next calls
    to: dict[str, ProviderError] = field(default_factory=dict)  # always, for these numbers
    latency: float = 0.0
    open: asyncio.Event = field(default_factory=_opened)  # closed, nobody is answered
    lost_before: bool = False  # an `Unconfirmed` was never accepted
    listed: bool = True  # False: `find` doesn't see anything yet
    requests: list[Message] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    in_flight: int = 0
    in_flight_most: int = 0

    async def send(self, account: Account, message: Message) -> Report:
        """One POST."""
        self.requests.append(message)
        self.in_flight += 1
        self.in_flight_most = max(self.in_flight, self.in_flight_most)
        try:
            await asyncio.sleep(self.latency)
            await self.open.wait()
            outcome = self.script.popleft() if self.script else None
            outcome = outcome or self.to.get(message.to)
            if outcome is None:
                return self._accept(account, message)
            if isinstance(outcome, Unconfirmed) and not self.lost_before:
                self._accept(account, message)
            raise outcome
        finally:
            self.in_flight -= 1

    async def fetch(self, account: Account, sid: str) -> Report:
        """The message as it stands."""
        for taken in self.accepted:
            if taken.report.sid == sid:
                return taken.report
        raise Rejected("20404")

    async def find(
        self, account: Account, *, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[Report]:
        """What was accepted for a number with this text between the times."""
        return [
            taken.report
            for taken in self.accepted
            if self.listed
            and (taken.message.to, taken.message.body) == (to, body)
            and taken.account.account_sid == account.account_sid
            and account.origin in {"", taken.account.origin}
            and since <= taken.at <= until
        ]

    def becomes(self, sid: str, state: str, error_code: str = "") -> Report:
        """Moves an accepted text on; the answer is the report that a receipt would hold."""
        for index, taken in enumerate(self.accepted):
            if taken.report.sid == sid:
                report = replace(taken.report, state=state, status=state, error_code=error_code)
                self.accepted[index] = replace(taken, report=report)
                return report
        raise KeyError(sid)

    async def aclose(self) -> None:
        """Nothing to close."""

    def _accept(self, account: Account, message: Message) -> Report:
        report = Report(
            sid=f"SM{uuid4().hex}",
            state="accepted",
            status="accepted" if account.messaging_service_sid else "queued",
            http_status=201,
            request_id=f"RQ{uuid4().hex}",
        )
        self.accepted.append(Accepted(message, account, report, datetime.now(UTC)))
        return report
