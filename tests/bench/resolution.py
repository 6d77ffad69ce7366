"""Finding a batch's people, picked by hand and by a filter: Volley's real worker, real ledger.

Pipedrive is `tests.bench.pages`: far away, and with the limits of a plan.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import uuid_utils.compat as ids

from tests.bench.figures import Figures
from tests.bench.ground import Ground
from tests.bench.machine import cpu_of, memory_of
from tests.fleet import Fleet
from tests.servers import free_port, wait_until
from workers.bell import RingingBell
from workers.settings import Settings
from workers.vault import AesVault

LATENCY = 50
MOST_PICKED = int(Settings.model_fields["max_chosen"].default)
#: Calls in two seconds that a plan lets an app make (pipedrive.md §5); Volley takes half.
LIMITS = {"Lite": 80, "Growth": 160, "Premium": 400}

_DRAFT = """
INSERT INTO batches (id, company_id, user_id, resource, view, selection)
VALUES (%(id)s, 42, 7, 'person', 'list', %(selection)s)
"""
_FOUND = """
SELECT extract(epoch FROM resolved_at - created_at), total FROM batches
WHERE id = %(id)s AND resolved_at IS NOT NULL
"""


@dataclass(slots=True)
class Pipedrive:
    """The pages' process, with so many people and a plan's limit."""

    url: str
    pid: int
    people: int
    limit: int = LIMITS["Premium"]

    def reset(self) -> None:
        """Counts from here on."""
        self.told(f"/reset?people={self.people}&limit={self.limit}")

    def told(self, path: str = "/count") -> dict[str, float]:
        """Its calls since `/reset`."""
        found: dict[str, float] = httpx.get(self.url + path, timeout=30).json()
        return found


@contextlib.contextmanager
def a_pipedrive(people: int) -> Iterator[Pipedrive]:
    """A Pipedrive of at most so many people, on the core of what is not measured."""
    port = free_port()
    given = [str(one) for one in (port, LATENCY, people)]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.pages", *given])
    pipedrive = Pipedrive(f"http://127.0.0.1:{port}", process.pid, people)
    try:
        wait_until(lambda: _is_up(pipedrive), what="the pages")
        yield pipedrive
    finally:
        process.terminate()
        process.wait(10)


def _is_up(pipedrive: Pipedrive) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return pipedrive.told()["calls"] == 0
    return False


def let_in(ground: Ground) -> None:
    """The rep has a token for it."""
    vault = AesVault(_settings(ground).secret_keys)
    sealed = vault.seal(b"bench", row="installations/42/7/access_token")
    ground.sql(
        "UPDATE installations SET access_token = %(sealed)s, expires_at = now() + interval '1 day'",
        sealed=sealed,
    )


def picked(ground: Ground, fleet: Fleet, pipedrive: Pipedrive) -> Figures:
    """Everybody, ticked one by one: 100 a call."""
    ids_of_all = list(range(1, pipedrive.people + 1))
    return _found(ground, fleet, pipedrive, {"ids": ids_of_all}, people=pipedrive.people)


def filtered(ground: Ground, fleet: Fleet, pipedrive: Pipedrive) -> Figures:
    """Everybody, by Select all: 500 a call."""
    everyone: dict[str, object] = {"by": "everyone", "id": None, "excluded": []}
    return _found(ground, fleet, pipedrive, everyone, people=pipedrive.people)


def warm(ground: Ground, fleet: Fleet, pipedrive: Pipedrive) -> None:
    """A worker that has just started is imported and connected after its first batch."""
    _found(ground, fleet, pipedrive, {"ids": [1]}, people=1)


def in_sequence(pipedrive: Pipedrive) -> Figures:
    """The pages of everybody read one after the other, and nothing done with them."""
    pipedrive.reset()
    begun = time.monotonic()
    with httpx.Client(base_url=pipedrive.url) as client:
        cursor: str | None = "0"
        while cursor is not None:
            page = client.get("/api/v2/persons", params={"limit": "500", "cursor": cursor}).json()
            cursor = page["additional_data"]["next_cursor"]
    seconds = time.monotonic() - begun
    return {"calls": pipedrive.told()["calls"], "seconds": seconds}


def _found(
    ground: Ground,
    fleet: Fleet,
    pipedrive: Pipedrive,
    selection: Mapping[str, object],
    *,
    people: int,
) -> Figures:
    """From the ring until everybody is found, by the database's clock."""
    batch_id: UUID = ids.uuid7()
    worker = fleet.running["worker"].pid
    pipedrive.reset()
    before = [cpu_of(pid) for pid in (worker, ground.postgres, pipedrive.pid)]
    ground.sql(_DRAFT, id=batch_id, selection=json.dumps(selection))
    asyncio.run(_ring(ground, batch_id))
    wait_until(lambda: bool(ground.sql(_FOUND, id=batch_id)), seconds=200, what="the people")
    after = [cpu_of(pid) for pid in (worker, ground.postgres, pipedrive.pid)]
    ((seconds, total),) = ground.sql(_FOUND, id=batch_id)
    told = pipedrive.told()
    assert total == ground.count(batch_id, "ready") == people
    assert not told["refused"], "more calls than the plan allows"
    own, database, around = (now - then for now, then in zip(after, before, strict=True))
    return {
        "calls": told["calls"],
        "tokens": told["tokens"],
        "seconds": float(seconds),
        "CPU ms": 1000 * own / people,
        "database ms": 1000 * database / people,
        "Pipedrive's CPU s": around,
        "RSS MB": memory_of(worker),
    }


async def _ring(ground: Ground, batch_id: UUID) -> None:
    bell = RingingBell(_settings(ground))
    await bell.resolve(batch_id)
    bell.close()


def _settings(ground: Ground) -> Settings:
    given: dict[str, Any] = {name.lower(): value for name, value in ground.environment.items()}
    return Settings(**{name: given[name] for name in Settings.model_fields if name in given})
