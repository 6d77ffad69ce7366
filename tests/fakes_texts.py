"""An in-memory ledger's drafts: whom their preview shows, their tests, and the saved texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid4

from tests.builders_batches import NOW
from workers.domain.bill import Bill
from workers.domain.cost import Range, Tariff
from workers.domain.delivery import State
from workers.domain.senders import Pool
from workers.ports.alerts import Alert, What
from workers.ports.outside import Fields
from workers.ports.reading import BatchView, Place, RecipientRow
from workers.ports.texts import SavedText
from workers.ports.tryouts import Tryout, Wanted


class FakeBills:
    """What texts cost, by batch; nothing is asked."""

    def __init__(self, known: Mapping[UUID, Bill]) -> None:
        self.known = known

    async def of(self, batch_id: UUID, *, seq: int) -> Bill | None:
        return self.known.get(batch_id)


@dataclass
class Previewed:
    """The people of drafts and their merge fields, in order."""

    rows: dict[UUID, list[RecipientRow]] = field(default_factory=dict)
    fields: dict[int, Fields] = field(default_factory=dict)

    async def samples(
        self, batch_id: UUID, *, limit: int = 200
    ) -> list[tuple[RecipientRow, Fields]]:
        ready = [row for row in self.rows[batch_id] if row.state is State.READY]
        return [(row, self.fields.get(row.id, merge_fields(row))) for row in ready[:limit]]

    async def place(self, batch_id: UUID, recipient_id: int) -> Place | None:
        everybody = self.rows[batch_id]
        ready = [row.id for row in everybody if row.state is State.READY]
        before = [None, *(other for other in ready if other < recipient_id)]
        after = [*(other for other in ready if other > recipient_id), None]
        for row in everybody:
            if row.id == recipient_id:
                fields = self.fields.get(row.id, merge_fields(row))
                return Place(row, fields, before[-1], after[0], len(before))
        return None

    async def without(self, batch_id: UUID, name: str, *, limit: int = 5) -> list[tuple[int, str]]:
        ready = [row for row in self.rows[batch_id] if row.state is State.READY]
        bare = [
            row for row in ready if not value_of(self.fields.get(row.id, merge_fields(row)), name)
        ]
        return [(row.id, row.name) for row in bare[:limit]]

    async def in_a_row(self, batch_id: UUID, *, seq: int) -> int:
        return 0

    async def empty_fields(self, batch_id: UUID, names: Sequence[str]) -> dict[str, int]:
        return {name: len(await self.without(batch_id, name, limit=10**9)) for name in names}


class FakeAlerts:
    """Keeps nothing."""

    async def keep(self, company_id: int, what: What, *, about: str, size: int) -> None: ...

    async def of(self, company_id: int) -> Sequence[Alert]:
        return ()


def merge_fields(row: RecipientRow) -> Fields:
    """What a text may say of somebody with this name."""
    first, _, last = row.name.partition(" ")
    person = {"first_name": first, "last_name": last, "name": row.name}
    return {"person": person, "organization": {"name": ""}, "sender": {"name": "Mari"}}


def value_of(fields: Fields, name: str) -> str:
    """`person.first_name`, "" where there is none."""
    group, _, key = name.partition(".")
    return fields.get(group, {}).get(key, "")


@dataclass
class FakeTexts:
    """Fulfils `ports.texts.Texts` for one company."""

    views: dict[UUID, BatchView]
    kept: list[SavedText] = field(default_factory=list)

    async def replace(self, batch_id: UUID, *, revision: int, typed: str, body: str) -> int | None:
        view = self.views[batch_id]
        if view.life.confirmed_at is not None or view.revision != revision:
            return None
        changed = replace(view, body=body, set_aside=typed or None, revision=revision + 1)
        self.views[batch_id] = changed
        return changed.revision

    async def saved(self, company_id: int) -> list[SavedText]:
        return sorted(self.kept, key=lambda text: text.name)

    async def save(
        self, company_id: int, *, name: str, body: str, by: int
    ) -> Literal["saved", "full"]:
        self.kept = [text for text in self.kept if text.name != name]
        self.kept.append(SavedText(uuid4(), name, body, "Mari Maasikas"))
        return "saved"

    async def drop(self, company_id: int, text_id: UUID) -> bool:
        before = len(self.kept)
        self.kept = [text for text in self.kept if text.id != text_id]
        return len(self.kept) < before


@dataclass
class FakeTryouts:
    """Fulfils `ports.tryouts.Tryouts` for one draft: a test is on its way at once."""

    made: dict[UUID, Tryout] = field(default_factory=dict)
    number: str = ""

    async def numbers(self, company_id: int, user_id: int) -> tuple[str, str]:
        return self.number, "512 3400"

    async def keep_number(self, company_id: int, user_id: int, number: str) -> None:
        self.number = number

    async def make(
        self, batch_id: UUID, test_id: UUID, wanted: Wanted
    ) -> Literal["made", "same", "too_late"]:
        if test_id in self.made:
            return "same"
        tryout = Tryout(wanted.number, State.SENDING, None, None, False, False, NOW)
        self.made[test_id] = tryout
        return "made"

    async def of(self, batch_id: UUID) -> list[Tryout]:
        return list(self.made.values())


@dataclass
class FakeTariffs:
    """Fulfils `ports.tariffs.Tariffs`: a price for Estonia, read already."""

    rows: dict[UUID, list[RecipientRow]]
    known: dict[str, Tariff] = field(
        default_factory=lambda: {
            "EE": Tariff("EUR", {"local": Range(Decimal("0.0512"), Decimal("0.0634"))})
        }
    )

    async def prices(self, account_sid: str, countries: Collection[str]) -> dict[str, Tariff]:
        return {country: self.known[country] for country in countries if country in self.known}

    async def pool(self, account_sid: str, origin: str) -> Pool | None:
        return None

    async def want(self, company_id: int, account_sid: str, abouts: Collection[str]) -> None:
        return None

    async def numbers(self, batch_id: UUID) -> list[tuple[str, int]]:
        ready = [row for row in self.rows[batch_id] if row.state is State.READY]
        return [(row.number, 1) for row in ready if row.number]
