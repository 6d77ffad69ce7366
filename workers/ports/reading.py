"""Reading batches, their people and what support asks, as narrow Protocols and plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from workers.domain.action import LinkAction, Selection
from workers.domain.batch import Counts, Life
from workers.domain.delivery import State
from workers.domain.finish import Pace, Queued
from workers.ports.outside import Fields
from workers.ports.suppressions import Suppressed


@dataclass(frozen=True, slots=True)
class BatchView:
    """Everything the page and the rules need of one batch, read in one snapshot at `now`."""

    id: UUID
    company_id: int
    company_name: str
    company_domain: str  # "acme" of acme.pipedrive.com
    country: str
    user_id: int
    user_name: str
    timezone: str  # the owner's, IANA
    channel: str
    resource: str
    view: str
    selection: Selection
    source_name: str
    total: int | None
    revision: int
    body: str
    seq: int
    life: Life
    counts: Counts
    now: datetime  # the database's clock
    confirmed_revision: int | None = None
    confirmed_people: int | None = None
    pause_code: str | None = None
    paused_by_name: str = ""
    canceled_by_name: str = ""
    tokens_used: int = 0
    records: int = 0  # how many deals, organizations or activities led to these people
    contactless: int = 0  # of them: nobody belongs to them
    missing: int = 0  # of them: deleted, or not visible to the rep
    shared: int = 0  # how often one led to somebody whom another had led to
    whole_deals: bool = False  # everybody on the deals, not only their contacts
    ask_participants: bool = True  # the company lets its reps choose everybody on the deals
    won: int | None = None  # won and lost deals that are left out; None = not counted
    lost: int | None = None
    more_closed: bool = False  # there are more of them than were counted
    follows: UUID | None = None  # the earlier text whose people these are
    set_aside: str | None = None  # a draft's text before a saved or a plain one took its place
    organizations: str = "unread"  # unread | wanted | read: the names of people's organizations
    version: str = ""  # another after every write of the batch's row


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One person (or selected record without one) on the page."""

    id: int
    person_id: int | None
    name: str
    number: str | None  # E.164
    label: str  # as in Pipedrive: mobile, work, …
    state: State
    reason: str | None  # a key of web/words.py for skipped; Twilio's code for failed, undelivered
    seq: int
    changed_at: datetime
    next_look_at: datetime | None = None  # unconfirmed: when it is looked up next; None = over
    not_before: datetime | None = None  # ready: when it is day where they are; None = any time
    suppressed: Suppressed | None = None  # skipped as opted_out: since when, and who said so
    numbers: tuple[Mapping[str, object], ...] = ()  # all of theirs, only on a page of the list
    same_as: str | None = None  # left out: who is texted on their number, only on a page
    cost: Mapping[str, str] = field(default_factory=dict)  # by currency, exact; only on a page


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who is named among others."""

    id: int
    person_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Alike:
    """How many people share a state and a reason, and the first three of them."""

    people: int
    some: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One person among those to be texted: the ids of their neighbours and how many come first."""

    row: RecipientRow
    fields: Fields
    before: int | None
    after: int | None
    nth: int  # from 1; of no meaning for somebody who is not to be texted


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts, phase facts and changed rows of one instant."""

    view: BatchView
    changed: tuple[RecipientRow, ...]
    next_since: str
    more: bool = False  # changed after these, and told to who asks again with `next_since`


@dataclass(frozen=True, slots=True)
class AttemptHistory:
    """One try to text a person and every receipt for it, for support."""

    attempt_id: UUID
    state: str
    number: str
    sender: str
    started_at: datetime
    sid: str | None
    http_status: int | None
    error_code: str | None
    request_id: str | None
    worker: str
    looks: int
    next_look_at: datetime | None
    receipts: tuple[tuple[datetime, str, str, str], ...] = ()  # (at, status, code, source)
    cost: tuple[Decimal, str] | None = None  # amount and currency, once Twilio told


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """One person in one batch, for support's question "they say they never got it"."""

    batch_id: UUID
    batch_owner: str
    body: str  # the batch's template
    fields: Fields  # to render what this person was sent
    confirmed_at: datetime | None
    row: RecipientRow
    attempts: tuple[AttemptHistory, ...] = ()


class Batches(Protocol):
    """Reads batches, and writes what a rep decides about one."""

    async def create(
        self, batch_id: UUID, action: LinkAction, *, key: bytes, reusable_after: timedelta | None
    ) -> UUID:
        """A new draft, or the batch that `key` made before; after `reusable_after` the key is free again."""

    async def existing(self, key: bytes, *, reusable_after: timedelta | None) -> UUID | None:
        """The batch that `key` made, unless the key is free again."""

    async def drafts_since(self, company_id: int, user_id: int, ago: timedelta) -> int: ...

    async def view(self, batch_id: UUID) -> BatchView | None: ...

    async def mine(self, company_id: int, user_id: int, *, limit: int = 50) -> Sequence[BatchView]:
        """Newest first."""

    async def of_company(self, company_id: int, *, limit: int = 50) -> Sequence[BatchView]: ...

    async def again(self, batch_id: UUID, new_id: UUID) -> UUID:
        """A new draft of the same selection."""


class Rows(Protocol):
    """Reads a batch's people."""

    async def page(
        self,
        batch_id: UUID,
        *,
        states: Sequence[State] = (),
        reasons: Sequence[str] = (),
        query: str = "",
        numbers: Sequence[str] | None = None,
        cursor: str = "",
        limit: int = 100,
    ) -> tuple[Sequence[RecipientRow], str | None]:
        """Those needing attention first; `query` matches part of a name or number.

        With `numbers` (E.164) no part of a number matches, only these whole ones.

        Nothing named = all of them; a reason of "" is for those who have none.
        """

    async def one(self, batch_id: UUID, recipient_id: int) -> RecipientRow | None: ...

    async def reasons(self, batch_id: UUID) -> Mapping[tuple[State, str], Alike]:
        """The people per (state, reason), for skipped, failed and undelivered.

        And unconfirmed people whose look-ups have ended, without a reason.
        """

    async def samples(
        self, batch_id: UUID, *, limit: int = 200
    ) -> Sequence[tuple[RecipientRow, Fields]]:
        """`ready` people for the preview: the first ones and those with the longest values."""

    async def place(self, batch_id: UUID, recipient_id: int) -> Place | None:
        """Anybody of the batch, or None."""

    async def without(
        self, batch_id: UUID, name: str, *, limit: int = 5
    ) -> Sequence[tuple[int, str]]:
        """(id, name) of the first `ready` people who have no `name` (`person.first_name`)."""

    async def empty_fields(self, batch_id: UUID, names: Sequence[str]) -> Mapping[str, int]:
        """For each merge field (`person.first_name`) how many `ready` people have none."""


class Paces(Protocol):
    """How fast people got their texts lately."""

    async def pace_of(self, batch_id: UUID) -> Pace: ...

    async def queue(self, company_id: int) -> Sequence[Queued]:
        """Whose turn is still to come, text by text; up to two seconds old.

        Of a sender that companies share nobody learns how much the others send.
        """


class Support(Protocol):
    """Answers "they say they never got it"."""

    async def find(
        self, company_id: int, *, query: str, numbers: Sequence[str], limit: int = 50
    ) -> Sequence[PersonHistory]:
        """By part of a name, one of `numbers` (E.164), Pipedrive person id or message SID."""
