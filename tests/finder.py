"""Finding people with a real ledger and a Pipedrive in memory."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from uuid import UUID

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_pipedrive import FakeIdentities, FakeInstallations, FakePeople, a_person
from tests.office import Office
from workers.ports.runtime import Runtime
from workers.stages.tokens import RefreshingTokens


class Finder:
    """A real ledger with a Pipedrive in memory."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.people = FakePeople()
        self.identities = FakeIdentities()
        self.installations = FakeInstallations()

    def runtime(self, **settings: Any) -> Runtime:
        door: Any = Door()
        return replace(
            a_runtime(Ledger(), door, **settings),
            finding=self.office.finding,
            naming=self.office.naming,
            people=self.people,
            installations=self.installations,
            access=RefreshingTokens(self.installations, self.identities),
        )

    def has(self, people: int, *, page_size: int = 500) -> None:
        known = [a_person(n, f"+3725{n:07d}") for n in range(1, people + 1)]
        self.people = FakePeople(known, page_size=page_size)

    async def waits(self, batch_id: UUID) -> tuple[str | None, int]:
        """Why, and for how many seconds: whole ones, as a part of the first is over by now."""
        view = await self.office.view(batch_id)
        until = view.life.resolve_not_before
        return view.life.resolve_wait_reason, math.ceil(
            (until - view.now).total_seconds()
        ) if until else 0

    async def let_go_on(self, batch_id: UUID) -> None:
        await self.office.sql(
            "UPDATE batches SET resolve_not_before = NULL WHERE id = %s", batch_id
        )
