"""A running fleet between both simulators, and a rep's browser in front of it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.contract.openapi_check import DESCRIPTION, assert_valid_requests
from tests.fleet import Fleet, a_fleet
from tests.rep import Rep
from tests.servers import free_port, serve, wait_until
from tests.simulators.pipedrive import create_pipedrive
from tests.simulators.twilio import create_twilio

#: The workers look once a second.
END_HOLD = "UPDATE batches SET not_before = now(), seq = seq + 1 WHERE not_before > now()"


@dataclass
class Stage:
    """A running fleet between both simulators, and a rep who has installed the app."""

    fleet: Fleet
    rep: Rep
    pipedrive: Any
    twilio: Any
    url: str  # Volley
    site: str  # the simulated Pipedrive

    def everybody(self) -> str:
        """A draft for all people, found."""
        self.pipedrive.allow_at_once = True
        batch = self.rep.click(self.pipedrive.link_url(filter={"everyone": 1}))
        self.rep.until(batch, "draft")
        return batch

    def more_people(self, number: int) -> list[int]:
        """People with phones of their own that get every text."""
        add = self.pipedrive.add_person
        return [
            int(add(name=f"Person {nth}", phone=f"+372 56{nth:02} 4500")["id"])
            for nth in range(10, 10 + number)
        ]

    def end_hold(self) -> None:
        """Undo's time is over, for the text that is or will be held."""
        wait_until(lambda: self._has(END_HOLD), what="a text that is held", every=0.1)

    def is_on_the_wire(self) -> bool:
        """Somebody's text is posted and not answered yet."""
        return self._has("SELECT FROM attempts WHERE state = 'sending'")

    def _has(self, statement: LiteralString) -> bool:
        with psycopg.connect(self.fleet.environment["DATABASE_URL"]) as database:
            return database.execute(statement).rowcount > 0

    def has_texted(self, more_than: int) -> bool:
        return len(self.twilio.accepted) > more_than

    def texted(self) -> Counter[str]:
        """How often Twilio accepted a text, by number: the oracle."""
        return Counter(text["to"] for text in list(self.twilio.accepted))


@contextlib.contextmanager
def a_stage(
    database_url: str,
    broker_url: str,
    folder: Path,
    *,
    people: int = 60,
    latency: float = 0.02,
    pace: float = 0.2,
    digits: bool = False,
    **more: str,
) -> Iterator[Stage]:
    """Volley's processes as the Procfile starts them; `more` = environment that differs."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    crm = create_pipedrive(app_url=url, people=people)
    sms = create_twilio(pace=pace, latency=latency, digits=digits)
    with serve(crm) as site, serve(sms) as twilio_url:
        environment = {
            "PORT": str(port),
            "PUBLIC_URL": url,
            "SECRET_KEY": "a-key-for-tests-only-0123456789abcdef",
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
            "PIPEDRIVE_CLIENT_ID": "demo-client",
            "PIPEDRIVE_CLIENT_SECRET": "demo-client-secret-0123456789abcdef",
            "PIPEDRIVE_URL": site,
            "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
            "TWILIO_AUTH_TOKEN": "demo-auth-token-0123456789abcdef",
            "TWILIO_FROM": "+37255500001",
            "TWILIO_URL": twilio_url,
            "UNDO_SECONDS": "0",
            "CLAIM_SECONDS": "5",
            "LOOKUPS": "6s,9s,12s",
            "SILENCE": "5s,10s,20s",
            "IN_FLIGHT": "20",
            "QUIET_HOURS": "off",
            "GUARD_HOURS": "0",
            **more,
        }
        with a_fleet(environment, folder) as fleet, Rep(url) as rep:
            yield Stage(fleet, rep, crm.state.world, sms.state.world, url, site)
            if DESCRIPTION.exists() and sms.state.world.requests:
                assert_valid_requests(list(sms.state.world.requests))
