"""`volley doctor`: looks at every part of the set-up and says in a sentence what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from pydantic import ValidationError

from workers.accounts import companies_in
from workers.doctor_address import check_address, check_way_in
from workers.doctor_servers import check_broker, check_database
from workers.domain.checkup import Finding, Verdict, fail, ok, warn
from workers.providers.pipedrive_checkup import CLIENT, check_client, check_link_secret
from workers.providers.pipedrive_http import make_http
from workers.providers.twilio_checkup import LOGIN, check_login, check_sending
from workers.providers.twilio_transport import TwilioTransport
from workers.setting_errors import plain
from workers.settings import Settings

#: For each look; all of them together take no longer.
SECONDS = 5.0
SETTINGS, COMPANIES = "Settings", "Twilio companies"


def examine() -> list[Finding]:
    """Every part of the set-up that the environment describes."""
    try:
        settings = Settings()
    except ValidationError as error:
        return [fail(SETTINGS, sentence) for sentence in plain(error)]
    return asyncio.run(look(settings))


async def look(settings: Settings, *, seconds: float = SECONDS) -> list[Finding]:
    """The same for settings that can be read; the looks at other machines run side by side."""
    transport = TwilioTransport(url=settings.twilio_url, timeout=2 * seconds, connections=1)
    async with make_http(settings) as http:
        try:
            way_in, database, broker, client, login = await asyncio.gather(
                _in_time(check_way_in(settings, http), _slow_way_in(settings), seconds),
                _in_time(check_database(settings), fail("Database", _SLOW), seconds),
                _in_time(check_broker(settings), warn("Broker", _SLOW), seconds),
                _in_time(check_client(settings, http), fail(CLIENT, _SLOW), seconds),
                _in_time(check_login(settings, transport), fail(LOGIN, _SLOW), seconds),
            )
        finally:
            await transport.aclose()
    return [
        ok(SETTINGS, "Every setting can be read."),
        check_address(settings),
        way_in,
        database,
        broker,
        client,
        check_link_secret(settings),
        login,
        *check_sending(settings),
        *_companies(settings),
    ]


def _companies(settings: Settings) -> tuple[Finding, ...]:
    if not settings.twilio_account_sid:
        return ()
    try:
        who = companies_in(settings.twilio_companies)
    except ValueError as error:
        return (fail(COMPANIES, f"{error}."),)
    if who == "first":
        said = "Only the first company that installs may send with it; TWILIO_COMPANIES names more."
    else:
        said = "Every company may" if who == "*" else f"{len(who)} named in TWILIO_COMPANIES may"
        said += " send with this account."
    return (ok(COMPANIES, said),)


_SLOW = f"It doesn't answer within {SECONDS:g} seconds. Check that this machine may reach it."


def _slow_way_in(settings: Settings) -> Finding:
    return warn("Way in", f"{settings.public_url} doesn't answer within {SECONDS:g} seconds.")


async def _in_time(check: Awaitable[Finding], late: Finding, seconds: float) -> Finding:
    try:
        async with asyncio.timeout(seconds):
            return await check
    except TimeoutError:
        return late


def printed(findings: Sequence[Finding]) -> str:
    """A line each, and what they come to."""
    lines = (f"{one.verdict:<5}{one.part:<18}{one.sentence}" for one in findings)
    return "\n".join([*lines, "", _sum(findings)])


def _sum(findings: Sequence[Finding]) -> str:
    failed = sum(one.verdict is Verdict.FAIL for one in findings)
    warned = sum(one.verdict is Verdict.WARN for one in findings)
    if failed:
        return f"{failed} to repair before Volley works."
    return "Volley can work." + (f" {warned} could be better." if warned else "")


def exit_code(findings: Sequence[Finding]) -> int:
    """1 where something must be done first."""
    return int(any(one.verdict is Verdict.FAIL for one in findings))
