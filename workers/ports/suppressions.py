"""Who doesn't want texts (a suppression), how we know, and what was noted about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from workers.domain.keywords import Keyword


@dataclass(frozen=True, slots=True)
class Reply:
    """A text that somebody sent us; of its words only a keyword is read."""

    sid: str
    account_sid: str
    channel: str  # sms | whatsapp
    number: str = field(repr=False)  # E.164, whoever wrote
    senders: tuple[str, ...] = ()  # the number it went to, and its Messaging Service
    keyword: Keyword | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Since when a number is not texted, and who said so."""

    since: datetime
    source: str  # reply | provider | person
    code: str = ""  # the keyword of a reply, Twilio's code of a refusal
    by: str = ""  # the user who added them


@dataclass(frozen=True, slots=True)
class Noted:
    """One line of the audit. `what`: opted_out, opted_in, lifted, revealed."""

    at: datetime
    what: str
    by: str  # the user's name; "" = the person themself, or Twilio
    why: str  # a keyword, Twilio's code or a user's note
    by_reply: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A person of a batch whose wish is to be kept."""

    recipient_id: int
    batch_id: UUID
    company_id: int
    channel: str
    name: str
    numbers: tuple[str, ...] = field(repr=False)  # the one that is texted, else all that were read


class Suppressions(Protocol):
    """Keeps who doesn't want texts, per company, with an audit of every change."""

    async def who_has(self, reply: Reply) -> Mapping[int, bool]:
        """Companies that the reply may be for: who replied is among their people, and they texted
        them from that account or have none of their own. True = from the sender that was answered.
        """

    async def heard(self, company_ids: Collection[int], reply: Reply) -> None:
        """STOP adds, START takes away; the same reply twice changes nothing more."""

    async def subject(self, batch_id: UUID, recipient_id: int) -> Subject | None: ...

    async def add(self, subject: Subject, *, by: int, note: str) -> None:
        """They are texted no more; out of the draft they came from too."""

    async def lift(self, subject: Subject, *, by: int, note: str) -> bool:
        """They may be texted again; False where nothing stood against it."""

    async def reveal(self, subject: Subject, *, by: int) -> None:
        """Notes that somebody looked at the number in full."""

    async def of(self, subject: Subject) -> Suppressed | None: ...

    async def history(self, subject: Subject, *, limit: int = 50) -> Sequence[Noted]:
        """Newest first."""
