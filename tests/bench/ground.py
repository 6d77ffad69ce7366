"""The ground that everything is measured on: real servers, the stub, a company and its batches."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg
import uuid_utils.compat as ids

from tests.bench.machine import around, cpu_of, under_test
from tests.fleet import Fleet
from tests.servers import free_port, wait_until
from tests.services import a_folder
from workers.embedded import Postgres, Valkey
from workers.store.migrate import upgrade

TEXT = 'Hello {{ person.first_name | default: "there" }}, your visit moved to Friday at nine. Rep'
COOKIE = "bench-session"
PLACE = "Europe/Tallinn"

_COMPANY = """
INSERT INTO companies (company_id, name, domain, country) VALUES (42, 'Acme', 'acme', 'EE');
INSERT INTO installations (company_id, user_id, user_name, timezone, is_admin, access_token,
  refresh_token, api_domain)
VALUES (42, 7, 'Rep', 'UTC', true, '\\x00', '\\x00', 'https://acme.pipedrive.com'),
  (42, 8, 'Admin', 'UTC', true, '\\x00', '\\x00', 'https://acme.pipedrive.com');
INSERT INTO sessions (id_hash) VALUES ('\\x{cookie}');
INSERT INTO session_identities (id_hash, company_id, user_id) VALUES ('\\x{cookie}', 42, 7);
"""
_BATCH = """
INSERT INTO batches (id, company_id, user_id, resource, view, selection, body, total, resolved_at)
VALUES (%(id)s, 42, 7, 'person', 'list', '{"by": "everyone", "id": null, "excluded": []}',
  %(body)s, %(people)s, now())
"""
_PEOPLE = """
INSERT INTO recipients (batch_id, person_id, name, fields, number, label, zones, state)
SELECT %(id)s, n, 'Person ' || n, jsonb_build_object('person', jsonb_build_object(
    'first_name', 'Ada' || n, 'last_name', 'Lovelace', 'name', 'Ada' || n || ' Lovelace'),
    'organization', jsonb_build_object('name', 'Acme'), 'sender', jsonb_build_object('name', 'Rep')),
  '+3725' || lpad((%(first)s + n)::text, 7, '0'), 'mobile', %(place)s, 'ready'
FROM generate_series(1, %(people)s) AS n
"""
_CONFIRM = """
UPDATE batches SET confirmed_at = now(), confirmed_revision = 1, confirmed_people = total,
  not_before = now(), send_by = now() + interval '4 hours', seq = seq + 1 WHERE id = %(id)s
"""


@dataclass(slots=True)
class Ground:
    """Where things are. CPU seconds of servers are read from their process trees."""

    folder: Path
    environment: Mapping[str, str]
    postgres: int
    valkey: int
    numbers: int = field(default=0)

    @property
    def database(self) -> str:
        return self.environment["DATABASE_URL"]

    @property
    def web(self) -> str:
        return self.environment["PUBLIC_URL"]

    def sql(self, text: str, **given: object) -> list[tuple[Any, ...]]:
        """Rows of a statement, on a connection of its own."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(text, given or None)
            return cursor.fetchall() if cursor.description else []

    def draft(self, people: int) -> UUID:
        """A batch whose people were found, each with a number that nobody else has."""
        batch_id: UUID = ids.uuid7()
        self.sql(_BATCH, id=batch_id, body=TEXT, people=people)
        self.sql(_PEOPLE, id=batch_id, people=people, first=self.numbers, place=PLACE)
        self.numbers += people
        self.sql("VACUUM ANALYZE recipients")
        return batch_id

    def confirm(self, batch_id: UUID) -> None:
        """The batch may be sent from now on."""
        self.sql(_CONFIRM, id=batch_id)

    def count(self, batch_id: UUID, *states: str) -> int:
        """How many of the batch are in one of the states."""
        sql = "SELECT count(*) FROM recipients WHERE batch_id = %(id)s AND state = ANY(%(states)s)"
        return int(self.sql(sql, id=batch_id, states=list(states))[0][0])

    @contextlib.contextmanager
    def running(self, *names: str, **more: str) -> Iterator[Fleet]:
        """Processes of the Procfile on the core for what is measured; `more` environment."""
        fleet = Fleet({**self.environment, **more}, self.folder)
        with under_test():
            fleet.start(*names)
        try:
            if "web" in names:
                wait_until(lambda: self._answers("/readyz"), seconds=30, what="web")
            yield fleet
        finally:
            for name in list(fleet.running):
                fleet.stop(name)

    def _answers(self, path: str) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(self.web + path, timeout=2).status_code == 200
        return False


@contextlib.contextmanager
def a_ground() -> Iterator[Ground]:
    """Durable servers of our own, as `volley up` starts them; gone afterwards."""
    with around(), a_folder() as folder:
        postgres, valkey = Postgres(folder), Valkey(folder)
        postgres.start()
        valkey.start()
        try:
            assert postgres.process is not None
            assert valkey.process is not None
            upgrade(postgres.url)
            logs = folder / "logs"
            logs.mkdir()
            here = _environment(postgres.url, valkey.url)
            ground = Ground(logs, here, postgres.process.pid, valkey.process.pid)
            ground.sql(_COMPANY.replace("{cookie}", hashlib.sha256(COOKIE.encode()).hexdigest()))
            yield ground
        finally:
            valkey.stop()
            postgres.stop()


def _far_from_now() -> str:
    """Quiet hours that cost a claim what they always cost, and let it go whenever it is measured."""
    begins = datetime.now(ZoneInfo(PLACE)) + timedelta(hours=11)
    return f"{begins:%H}:00-{begins + timedelta(hours=2):%H}:00"


def _environment(database: str, broker: str) -> dict[str, str]:
    port = free_port()
    return {
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": "a-key-for-measuring-only-0123456789abcdef",
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "PIPEDRIVE_CLIENT_ID": "bench",
        "PIPEDRIVE_CLIENT_SECRET": "bench-secret-0123456789abcdef0123456789",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "bench-token",
        "TWILIO_FROM": "+37255500001",
        "TWILIO_COMPANIES": "*",
        "UNDO_SECONDS": "0",
        "QUIET_HOURS": _far_from_now(),
        "LOG_LEVEL": "WARNING",
    }


@dataclass(frozen=True, slots=True)
class Stub:
    """The stub as a process."""

    url: str
    pid: int

    def told(self, path: str = "/count") -> dict[str, Any]:
        """How many texts it took, when the first and the last (monotonic seconds)."""
        found: dict[str, Any] = httpx.get(self.url + path, timeout=30).json()
        return found

    def cpu(self) -> float:
        return cpu_of(self.pid)


@contextlib.contextmanager
def a_stub(*, latency: int) -> Iterator[Stub]:
    """A stub that answers after `latency` ms."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.stub", str(port), str(latency)]
    process = subprocess.Popen(command)
    stub = Stub(f"http://127.0.0.1:{port}", process.pid)
    try:
        wait_until(lambda: _is_up(stub), what="the stub")
        yield stub
    finally:
        process.terminate()
        process.wait(10)


def _is_up(stub: Stub) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return bool(stub.told()["count"] == 0)
    return False
