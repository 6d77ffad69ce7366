"""What the sender, the receipts and the watch need from the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from workers.domain.delivery import State
from workers.ports.outside import Fields, Report


@dataclass(frozen=True, slots=True)
class Runnable:
    """A confirmed batch with people waiting to be texted."""

    batch_id: UUID
    company_id: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """One person taken for sending; the attempt is committed."""

    recipient_id: int
    batch_id: UUID
    attempt_id: UUID
    number: str
    body: str = field(repr=False)
    seconds_left: float  # until the batch's send_by, by the database's clock


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one POST.

    `state`: an attempt state (accepted, sent, failed, unconfirmed, not_sent, …). `stops` = Twilio's
    code when it said no to the account, so that the batch is paused with it.
    """

    attempt_id: UUID
    recipient_id: int
    batch_id: UUID
    state: str
    sid: str | None = None
    http_status: int | None = None
    error_code: str | None = None
    request_id: str | None = None
    stops: str | None = None
    learned: str | None = None  # "opted_out" or "landline": remembered for this number


@dataclass(frozen=True, slots=True)
class Told:
    """A report for an attempt, from a receipt or a look-up; `stops` and `learned` as in Answer."""

    attempt_id: UUID
    report: Report = field(repr=False)
    source: str = "callback"  # callback | look-up
    stops: str | None = None
    learned: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """An attempt that is due to be asked about."""

    attempt_id: UUID
    recipient_id: int
    batch_id: UUID
    company_id: int
    number: str
    template: str
    fields: Fields = field(repr=False)
    state: str
    sid: str | None
    started_at: datetime
    looks: int
    account_sid: str
    sender: str  # what it was sent from: a number or a Messaging Service
    rivals: int = 0  # other unknown attempts with the same text to the same number


#: Renders a person's text: (body, None), or ("", reason) when it cannot be sent.
Render = Callable[[str, Fields], tuple[str, str | None]]


class Claims(Protocol):
    """Takes people for sending."""

    async def runnable(
        self, *, resting: Collection[int] = (), limit: int = 50
    ) -> Sequence[Runnable]:
        """The batches that may send now, the one served least recently first; none of `resting`."""

    async def claim(
        self,
        batch_id: UUID,
        *,
        account_sid: str,
        sender: str,
        limit: int,
        worker: str,
        render: Render,
    ) -> Sequence[Claimed]:
        """At most `limit` people: gate, attempts and moves in one transaction."""

    async def still(
        self, batch_id: UUID, attempts: Sequence[UUID], *, within: float
    ) -> Collection[UUID]:
        """Those of a claim that may be posted `within` so many seconds from now."""

    async def next_hold(self, *, within: float) -> float:
        """Seconds until the next hold ends, at most `within`."""

    async def lease(self, account_sid: str, *, seconds: float) -> float:
        """Takes the account's next `seconds` for the caller alone; else how long to wait."""

    async def settle(self, account_sid: str, *, seconds: float) -> None:
        """The lease came to so many seconds more, or less."""

    async def back_off(self, batch_id: UUID, *, seconds: float) -> None:
        """Tells the page that the batch waits for the provider's pace."""


class Ledger(Protocol):
    """Writes what became of attempts, in groups."""

    async def answer(self, answers: Sequence[Answer]) -> None: ...

    async def tell(self, told: Sequence[Told]) -> set[UUID]:
        """The attempts among them that we know."""

    async def company_of(self, attempt_id: UUID) -> int | None: ...

    async def hint(self, attempt_id: UUID, report: Report) -> None:
        """An unsigned receipt: kept, and Twilio is asked about it soon."""

    async def bound(self, sids: Sequence[str]) -> set[str]:
        """Those that already belong to an attempt."""


class Watching(Protocol):
    """Finds what went quiet; each due thing is claimed by moving its own time."""

    async def give_up_dead_claims(self, *, limit: int = 200) -> int: ...

    async def due_looks(self, *, lease: timedelta, limit: int = 50) -> Sequence[Looked]: ...

    async def looked(
        self, attempt_id: UUID, *, was: str, found: Literal["counted", "failed"]
    ) -> None:
        """Sets the next look-up after this one; after the last one the person decides."""

    async def stopped(self, *, limit: int = 20) -> Sequence[UUID]:
        """Stopped batches whose waiting people have not been moved yet."""


class Decisions(Protocol):
    """Writes what people decide about a batch; every method is one conditional update."""

    async def save_draft(self, batch_id: UUID, *, revision: int, body: str) -> int | None:
        """The new revision, or None where `revision` is not the current one or it is no draft."""

    async def confirm(
        self,
        batch_id: UUID,
        *,
        revision: int,
        body: str,
        people: int,
        hold: timedelta,
        send_within: timedelta,
    ) -> Literal["confirmed", "same", "resolving", "conflict"]:
        """Freezes what the rep saw, in one transaction."""

    async def want_organizations(self, batch_id: UUID) -> bool:
        """The text needs their names; False where they were read or wanted before."""

    async def undo(self, batch_id: UUID) -> bool:
        """Back to draft, unless the first person was claimed."""

    async def pause(
        self, batch_id: UUID, *, by: int | None, reason: str, code: str = ""
    ) -> bool: ...

    async def resume(self, batch_id: UUID, *, send_within: timedelta) -> bool: ...

    async def is_looking(self, batch_id: UUID) -> bool:
        """After a restore Twilio is still asked who has texts of the batch's company."""

    async def cancel(self, batch_id: UUID, *, by: int) -> bool: ...

    async def cancel_people(self, batch_id: UUID, *, limit: int = 500) -> int: ...

    async def retry(
        self,
        batch_id: UUID,
        *,
        seq: int,
        states: Sequence[State],
        never: Collection[str],
        send_within: timedelta,
        only: Collection[str] | None = None,
    ) -> int:
        """People put back to `ready`, of those the rep was shown at `seq`.

        None whose code is in `never`, and with `only` nobody but those whose code is in it.
        """
