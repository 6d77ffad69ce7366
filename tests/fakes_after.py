"""What an in-memory ledger says of a batch after it was sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from workers.domain.delivery import State
from workers.domain.finish import Pace, Queued
from workers.ports.following import Offers
from workers.ports.reading import Alike, Named, RecipientRow


class AfterSending:
    """Reasons, the pace and whom to text again; `rows` are the ledger's."""

    rows: dict[UUID, list[RecipientRow]]

    async def reasons(self, batch_id: UUID) -> Mapping[tuple[State, str], Alike]:
        found: dict[tuple[State, str], list[Named]] = {}
        for row in self.rows[batch_id]:
            ended = row.state is State.UNCONFIRMED and row.next_look_at is None
            if row.reason or ended:
                named = Named(row.id, row.person_id, row.name)
                found.setdefault((row.state, row.reason or ""), []).append(named)
        return {key: Alike(len(some), tuple(some[:3])) for key, some in found.items()}

    async def pace_of(self, batch_id: UUID) -> Pace:
        return Pace(sum(row.state is State.DELIVERED for row in self.rows[batch_id]), 60)

    async def queue(self, company_id: int) -> Sequence[Queued]:
        return ()

    # Following

    async def offers(self, batch_id: UUID, *, codes: Collection[str]) -> Offers:
        rows = self.rows[batch_id]
        others = [row for row in rows if row.reason in codes and len(row.numbers) > 1]
        return Offers(sum(row.state is State.CANCELED for row in rows), len(others))
