"""The ledger while people are found, as narrow Protocols and plain rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from workers.domain.action import Selection
from workers.ports.outside import Fields
from workers.ports.records import ClosedDeals, Record


class Bill:
    """Tokens of calls that were answered and are not in the batch's row yet."""

    def __init__(self) -> None:
        self._tokens = 0

    def add(self, tokens: int) -> None:
        """A call was answered."""
        self._tokens += tokens

    def take(self) -> int:
        """All of them, to be written down."""
        tokens, self._tokens = self._tokens, 0
        return tokens


@dataclass(frozen=True, slots=True)
class Resolving:
    """A batch whose people are being found, leased to us."""

    batch_id: UUID
    lease: UUID
    company_id: int
    user_id: int
    country: str
    channel: str
    resource: str  # person | deal | organization | activity
    selection: Selection
    listed: bool
    cursor: str | None
    pages: int
    resolved: bool = False  # everybody is found; only the organizations' names are wanted
    tries: int = 0  # waits in a row since a page was kept
    records: int = 0  # walked so far
    whole_deals: bool = False  # everybody on them, not only their contacts
    source_name: str = ""  # the saved filter's, once it was looked at
    closed_counted: bool = False  # how many won and lost deals are left out is known
    countries: Sequence[str] = ()  # that the company texts; none = all
    bill: Bill = field(default_factory=Bill, compare=False)
    timezone: str = "UTC"  # the owner's: where people are of whom nobody can tell


@dataclass(frozen=True, slots=True)
class Found:
    """What was decided about one person of the selection."""

    person_id: int | None  # None = a record that leads to nobody
    name: str
    fields: Fields
    numbers: Sequence[Mapping[str, object]]
    number: str | None
    label: str
    reason: str | None  # None = ready
    zones: str = ""  # IANA names, by spaces: where the number may be


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records a page held, and what became of them."""

    records: int = 0
    contactless: int = 0  # nobody belongs to them
    missing: int = 0  # deleted, or not visible to the rep
    shared: int = 0  # led once more to somebody whom another record had led to


NO_RECORDS = Tally()


@dataclass(frozen=True, slots=True)
class Walked:
    """What a page said of organizations whose people are found by reading everybody."""

    listed: Sequence[Record] = ()  # they belong to the selection
    peopled: Collection[int] = ()  # somebody belongs to them


NOT_WALKED = Walked()


class Finding(Protocol):
    """The ledger while people are found; every write needs the lease."""

    async def lease(self, batch_id: UUID, *, seconds: float) -> Resolving | None: ...

    async def list_chosen(self, work: Resolving, ids: Sequence[int]) -> bool: ...

    async def next_chosen(self, work: Resolving, *, limit: int) -> Sequence[int]: ...

    async def known(
        self, company_id: int, channel: str, numbers: Sequence[str]
    ) -> Mapping[str, str]:
        """number → reason, of those that must not or cannot be texted."""

    async def keep_page(
        self,
        work: Resolving,
        found: Sequence[Found],
        *,
        next_cursor: str | None,
        tokens: int,
        seconds: float,
        tally: Tally = NO_RECORDS,
        walked: Walked = NOT_WALKED,
    ) -> bool:
        """Stores a page and renews the lease; False when the lease is somebody else's by now."""

    async def reached(self, work: Resolving, person_ids: Sequence[int]) -> Collection[int]:
        """Those of them who are in the batch already."""

    async def name_source(self, work: Resolving, name: str) -> bool:
        """Keeps the saved filter's name."""

    async def count_closed(self, work: Resolving, closed: ClosedDeals) -> bool:
        """Keeps how many won and lost deals are left out."""

    async def pay(self, work: Resolving, tokens: int) -> None:
        """Adds to what finding people cost, whoever has the lease by now."""

    async def finish(self, work: Resolving) -> bool: ...

    async def wait(self, work: Resolving, *, seconds: float, reason: str) -> bool: ...

    async def refuse(self, work: Resolving, reason: str) -> bool: ...

    async def release(self, work: Resolving) -> None: ...

    async def start_over(
        self, batch_id: UUID, *, revision: int, selection: Selection, whole_deals: bool
    ) -> bool:
        """Forgets everybody found, to find them by another choice; False when it has changed."""

    async def due(self, *, limit: int = 20) -> Sequence[UUID]:
        """Batches that nobody is resolving although somebody should."""


class Selected(Protocol):
    """The organizations of a batch that reads everybody; `Finding.keep_page` lists them."""

    async def among(self, work: Resolving, record_ids: Collection[int]) -> Mapping[int, Record]:
        """Those of them that are listed."""

    async def without_people(
        self, work: Resolving, *, after: int, limit: int
    ) -> Sequence[tuple[int, Record]]:
        """Those that nobody was found at, with their places in the list, from `after` on."""


class Naming(Protocol):
    """The names of people's organizations; every write needs the lease."""

    async def unnamed(self, work: Resolving, *, limit: int) -> Sequence[int]:
        """Organizations of the batch's people whose names were not read yet."""

    async def name(self, work: Resolving, names: Mapping[int, str]) -> bool: ...

    async def all_named(self, work: Resolving) -> bool: ...
