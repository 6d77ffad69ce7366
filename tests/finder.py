"""Finding people with a real ledger and a Pipedrive in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_pipedrive import FakeIdentities, FakeInstallations, FakePeople, a_person
from tests.office import KEYS, Office
from workers.ports.finding import Resolving
from workers.ports.runtime import Runtime
from workers.stages.tokens import RefreshingTokens
from workers.store.finding import PgFinding


class _Finding(PgFinding):
    """Remembers for how long it was told to wait, and when: the clock runs on while a test looks."""

    told: float
    told_at: datetime  # the database's clock

    def __init__(self, office: Office) -> None:
        super().__init__(office.pool, keys=KEYS)
        self._office = office

    async def wait(self, work: Resolving, *, seconds: float, reason: str) -> bool:
        (at,) = await self._office.sql("SELECT now()")
        self.told, self.told_at = seconds, at["now"]
        return await super().wait(work, seconds=seconds, reason=reason)


class Finder:
    """A real ledger with a Pipedrive in memory."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.finding = _Finding(office)
        self.people = FakePeople()
        self.identities = FakeIdentities()
        self.installations = FakeInstallations()

    def runtime(self, **settings: Any) -> Runtime:
        door: Any = Door()
        return replace(
            a_runtime(Ledger(), door, **settings),
            finding=self.finding,
            naming=self.office.naming,
            people=self.people,
            installations=self.installations,
            access=RefreshingTokens(self.installations, self.identities),
        )

    def has(self, people: int, *, page_size: int = 500) -> None:
        known = [a_person(n, f"+3725{n:07d}") for n in range(1, people + 1)]
        self.people = FakePeople(known, page_size=page_size)

    async def waits(self, batch_id: UUID) -> tuple[str | None, float]:
        """Why, and for how many seconds it was told to, which are those that it waits."""
        view = await self.office.view(batch_id)
        until, told = view.life.resolve_not_before, self.finding.told
        assert until is not None
        assert self.finding.told_at <= until - timedelta(seconds=told) <= view.now
        return view.life.resolve_wait_reason, told

    async def let_go_on(self, batch_id: UUID) -> None:
        await self.office.sql(
            "UPDATE batches SET resolve_not_before = NULL WHERE id = %s", batch_id
        )
