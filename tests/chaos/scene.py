"""Volley's processes between a Twilio of its own process and Pipedrive, to be hurt in every way."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psutil
from pydantic import SecretStr

from tests import services
from tests.chaos.gate import Gate, Judge, a_gate
from tests.chaos.oracle import Oracle
from tests.fleet import Fleet, a_fleet
from tests.rep import Rep
from tests.servers import free_port, serve, wait_until
from tests.simulators.pipedrive import create_pipedrive
from tests.simulators.pipedrive_people import person
from tests.simulators.pipedrive_records import Records
from workers.bell import make_bell
from workers.embedded import Postgres, Valkey
from workers.settings import Settings
from workers.store.migrate import upgrade

TEXT = "Hello {{ person.first_name | default: 'there' }}, we open at nine."
#: A killed PostgreSQL keeps what it had committed; only the machine's own crash could lose it.
DURABLE = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Servers:
    """The PostgreSQL and the Valkey of a run, there to be killed and started again."""

    postgres: Postgres
    valkey: Valkey

    def kill(self, name: str) -> None:
        """kill -9 for the server and its children; `start` brings it back."""
        server = getattr(self, name)
        children = psutil.Process(server.process.pid).children(recursive=True)
        server.process.kill()
        for child in children:  # PostgreSQL's have groups of their own
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        server.process.wait(10)
        psutil.wait_procs(children, timeout=10)


@contextlib.contextmanager
def the_servers() -> Iterator[Servers]:
    """New ones, gone behind the block."""
    with services.a_folder() as folder:
        servers = Servers(Postgres(folder, DURABLE), Valkey(folder))
        servers.postgres.start()
        servers.valkey.start()
        try:
            yield servers
        finally:
            servers.valkey.stop()
            servers.postgres.stop()


@dataclass(slots=True)
class Scene:
    """A running fleet and what a scenario looks at or breaks."""

    servers: Servers
    luck: Random
    fleet: Fleet
    rep: Rep
    pipedrive: Any
    oracle: Oracle
    database_url: str
    gate: Gate | None
    figures: dict[str, object] = field(default_factory=dict)

    def newcomers(self, people: int) -> None:
        """From now on the company has so many people, whom nobody has texted, and no others."""
        company = self.pipedrive.company
        known = max(company.people.ids(), default=0)
        company.people = Records(known + people, person)
        for gone in range(1, known + 1):
            del company.people[gone]

    def everybody(self) -> tuple[str, int]:
        """A draft for all people, found; and how many can be texted."""
        self.pipedrive.allow_at_once = True
        batch = self.rep.click(self.pipedrive.link_url(filter={"everyone": 1}))
        draft = self.rep.until(batch, "draft", seconds=120)
        return batch, draft["counts"]["ready"]

    def chosen(self, people: list[int]) -> str:
        """A draft for these people, found."""
        self.pipedrive.allow_at_once = True
        batch = self.rep.click(self.pipedrive.link_url(people))
        self.rep.until(batch, "draft")
        return batch

    def send(self, batch: str, text: str = TEXT) -> None:
        answer = self.rep.send(batch, text)
        assert answer.status_code == 202, answer.text

    def everybody_sent(self) -> tuple[str, int]:
        """The same, confirmed."""
        batch, ready = self.everybody()
        self.send(batch)
        return batch, ready

    def ring(self) -> None:
        """A ring for the worker, about a batch that is nobody's: it wakes the sender, no more."""
        settings = Settings(
            secret_key=SecretStr("k" * 32), broker_url=self.servers.valkey.url, _env_file=None
        )
        with contextlib.closing(make_bell(settings)) as bell:
            asyncio.run(bell.send(UUID(int=0)))

    def until_texts(self, number: int, *, seconds: float = 60) -> None:
        """Waits until so many were accepted in all."""
        wait_until(lambda: self.oracle.texts() >= number, seconds=seconds, what=f"{number} texts")

    def pass_texts(self, number: int, *, most: float) -> None:
        """Lets so many more be accepted, or so many seconds pass."""
        wanted, end = self.oracle.texts() + number, time.monotonic() + most
        while self.oracle.texts() < wanted and time.monotonic() < end:
            time.sleep(0.005)  # between two looks at the oracle


@contextlib.contextmanager
def a_scene(
    servers: Servers,
    luck: Random,
    folder: Path,
    *,
    people: int,
    twilio: str = "",
    worker: str = "",
    judge: Judge | None = None,
    database: Callable[[str], contextlib.AbstractContextManager[str]] = services.a_database,
    **more: str,
) -> Iterator[Scene]:
    """A rep who has installed nothing yet. `twilio`: arguments of the simulator; `worker`: another
    command than the Procfile's; `judge`: what a gate before Twilio does; `more`: environment."""
    port, twilio_port = free_port(), free_port()
    url, log = f"http://127.0.0.1:{port}", folder / "accepted.jsonl"
    crm = create_pipedrive(app_url=url, people=people)
    with contextlib.ExitStack() as stack:
        database_url = stack.enter_context(database(servers.postgres.url))
        upgrade(database_url)
        site = stack.enter_context(serve(crm))
        gate = stack.enter_context(a_gate(twilio_port, judge)) if judge else None
        twilio_url = gate.url if gate else f"http://127.0.0.1:{twilio_port}"
        environment = {
            **_environment(port, url),
            "DATABASE_URL": database_url,
            "BROKER_URL": servers.valkey.url,
            "PIPEDRIVE_URL": site,
            "TWILIO_URL": twilio_url,
            **more,
        }
        simulator = f"{sys.executable} -m tests.simulators.twilio --port {twilio_port}"
        others = {"twilio": f"{simulator} --no-digits --pace 0.2 --log {log} {twilio}"}
        if worker:
            others["worker"] = worker
        fleet = stack.enter_context(a_fleet(environment, folder, others=others))
        rep = stack.enter_context(Rep(url))
        oracle, world = Oracle(log), crm.state.world
        try:
            yield Scene(servers, luck, fleet, rep, world, oracle, database_url, gate)
        except BaseException:
            tell_logs(folder)
            raise


def tell_logs(folder: Path) -> None:
    """The end of what each process printed."""
    for log in sorted(folder.glob("*.log")):
        print(f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}")


def _environment(port: int, url: str) -> dict[str, str]:
    return {
        "PORT": str(port),
        "PUBLIC_URL": url,
        "SECRET_KEY": "a-key-for-tests-only-0123456789abcdef",
        "PIPEDRIVE_CLIENT_ID": "demo-client",
        "PIPEDRIVE_CLIENT_SECRET": "demo-client-secret-0123456789abcdef",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "demo-auth-token-0123456789abcdef",
        "TWILIO_FROM": "+37255500001",
        "UNDO_SECONDS": "0",
        "CLAIM_SECONDS": "5",
        "TWILIO_TIMEOUT": "4",
        "LOOKUPS": "2s,5s,10s",
        "SILENCE": "3s,6s,12s",
        "IN_FLIGHT": "20",
        "MAX_DRAFTS_A_MINUTE": "1000",
        "QUIET_HOURS": "off",  # whenever the suite runs, people are awake
    }
