"""Tests of a draft: texts to the rep alone, in the ledger like any other, but in nobody's counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from workers.domain.delivery import State
from workers.ports.outside import Fields

#: A draft has this many tests; whoever wants to text themselves more often writes to themselves.
MOST_TESTS = 5
#: And a rep this many an hour, over all drafts: nobody is pestered with tests, however many drafts.
MOST_AN_HOUR = 20


@dataclass(frozen=True, slots=True)
class Tryout:
    """One test and where it stands; `said_no` = Twilio's code when it refused the account."""

    number: str  # E.164
    state: State
    reason: str | None  # a key of web/why.py for skipped; Twilio's code for failed, undelivered
    said_no: str | None
    is_late: bool  # not sent in time, and it won't be any more
    is_over: bool  # nothing will change any more
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A test to be sent: the text as it is reviewed, with the details of the person shown."""

    number: str
    name: str
    body: str = field(repr=False)
    fields: Fields = field(repr=False)
    revision: int


class Tryouts(Protocol):
    """Makes tests and says what became of them."""

    async def numbers(self, company_id: int, user_id: int) -> tuple[str, str]:
        """The number that the rep typed (E.164), and the phone in Pipedrive as it stands there."""

    async def keep_number(self, company_id: int, user_id: int, number: str) -> None: ...

    async def make(
        self, batch_id: UUID, test_id: UUID, wanted: Wanted
    ) -> Literal["made", "same", "too_late", "too_many"]:
        """Confirmed at once, without a hold; `same` = `test_id` is there already.

        `too_many`: `MOST_AN_HOUR` were made in the last hour by the draft's owner.
        """

    async def of(self, batch_id: UUID) -> Sequence[Tryout]:
        """A draft's tests, the first one first."""
