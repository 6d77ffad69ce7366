"""Scenes of the gallery about what stands in the way: colleagues' texts, nights and a spent day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.builders_batches import NOW
from tests.fakes_ledger import Ledger
from workers.domain.batch import Counts
from workers.domain.delivery import State
from workers.ports.rails import Crossing
from workers.ports.reading import RecipientRow

MORNING = NOW + timedelta(hours=10, minutes=29)
CROSSED = (
    Crossing("texted", 12, "Ann Arro", 3, NOW - timedelta(hours=2)),
    Crossing("running", 13, "Ben", 2, None),
    Crossing("same", 11, "Mari Maasikas", 1, NOW - timedelta(hours=9)),
)


def asleep(rows: Sequence[RecipientRow], confirmed: Mapping[str, Any]) -> dict[str, Any]:
    """Some got it, and the ready ones wait for their morning."""
    waiting = sum(row.state is State.READY for row in rows)
    counts = Counts(dict(Counter(row.state for row in rows)), 0, {MORNING: waiting})
    return {**confirmed, "counts": counts, "send_by": MORNING + timedelta(hours=4)}


def sleeping(rows: Sequence[RecipientRow]) -> list[RecipientRow]:
    """The ready ones with their morning."""
    return [replace(row, not_before=MORNING if row.state is State.READY else None) for row in rows]


def capped(confirmed: Mapping[str, Any]) -> dict[str, Any]:
    """The ready ones wait for another day of their company."""
    return {**confirmed, "waits_for": "cap", "waits_until": NOW + timedelta(hours=9, minutes=29)}


def stand_in_the_way(ledger: Ledger, batch_id: UUID) -> None:
    """Everything that can stand in the way of this draft."""
    ledger.crossed[batch_id] = CROSSED
    ledger.zones_of[batch_id] = {"Europe/Tallinn": 10, "Asia/Tokyo": 31}
