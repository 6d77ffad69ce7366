"""What the page of settings shows: the company's choices and its account, never a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from web import rules, speed
from web.countries import COUNTRIES
from web.shown import written
from web.tokens_used import left, of_day
from workers.domain.errors import CannotOpen
from workers.ports.company import OwnAccount, Senders
from workers.ports.outside import Account, User
from workers.ports.runtime import Runtime
from workers.stages.estimate import pool_known


@dataclass(frozen=True, slots=True)
class Connected:
    """The account a company sends with, as it may be shown."""

    account_sid: str
    login: str
    sends_from: str
    receipts: str
    hears: bool  # replies can be verified
    by: str
    verified_at: datetime
    origin: str
    texts_a_second: float  # 0 = what is usual


@dataclass(frozen=True, slots=True)
class Option:
    """One sender to choose."""

    value: str
    said: str
    code: str = ""


async def outline(runtime: Runtime, user: User) -> dict[str, Any]:
    """Everything that `settings.html` needs to know of the company."""
    company_id = user.company_id
    choices = await runtime.companies.choices(company_id)
    own, choosing, unreadable = await _accounts(runtime, company_id)
    day = await runtime.budget.today(company_id)
    theirs = None if own or unreadable else await runtime.accounts.of(company_id)
    return {
        "choices": choices,
        "countries": COUNTRIES,
        "rules": rules.shown(await runtime.companies.rules(company_id)),
        "from_pipedrive": COUNTRIES.get(choices.pipedrive_country, ""),
        "colleagues": await runtime.companies.colleagues(company_id),
        "connected": _connected(own) if own else None,
        "speed": await _speed(runtime, company_id, own.account) if own else None,
        "choosing": choosing and choosing.account.account_sid,
        "options": _options(choosing.senders) if choosing else (),
        "unread": _unread(choosing.senders) if choosing else "",
        "unreadable": unreadable,
        "inbound": f"{runtime.settings.public_url}/twilio/inbound",
        "operators": sends_from(theirs) if theirs else "",
        "tokens_used": of_day(day),
        "tokens_left": left(day),
        "day": day,
        "reserve": f"{runtime.settings.pipedrive_reserve:g}",
        "now": datetime.now(UTC),
    }


async def told(runtime: Runtime, user: User) -> dict[str, Any]:
    """The same for programs."""
    shown = await outline(runtime, user)
    connected: Connected | None = shown["connected"]
    return {
        "company": user.company_id,
        "country": shown["choices"].country or shown["choices"].pipedrive_country,
        "ask_participants": shown["choices"].ask_participants,
        "rules": rules.told(await runtime.companies.rules(user.company_id)),
        "support": [it.user_id for it in shown["colleagues"] if it.is_support or it.is_admin],
        "tokens": {"used": shown["day"].used, "a_day": shown["day"].tokens_a_day},
        "twilio": connected and _told(connected),
        "choosing": shown["choosing"] and [option.value for option in shown["options"]],
    }


def _told(connected: Connected) -> Mapping[str, object]:
    return {
        "account_sid": connected.account_sid,
        "sends_from": connected.sends_from,
        "texts_a_second": connected.texts_a_second or None,
        "verified_at": connected.verified_at.isoformat(),
    }


async def _accounts(
    runtime: Runtime, company_id: int
) -> tuple[OwnAccount | None, OwnAccount | None, bool]:
    """What is connected, what is to be chosen, and whether a login can't be opened any more."""
    own = runtime.own_accounts
    try:
        return await own.connected(company_id), await own.choosing(company_id), False
    except CannotOpen:
        return None, None, True


def _connected(own: OwnAccount) -> Connected:
    account = own.account
    by_key = account.username != account.account_sid
    return Connected(
        account_sid=account.account_sid,
        login=f"API key {account.username}" if by_key else "auth token",
        sends_from=sends_from(account),
        receipts=(
            "Twilio's signature is checked with the auth token."
            if account.auth_tokens
            else "Without an auth token, Twilio is asked again about each text that ended."
        ),
        hears=bool(account.auth_tokens),
        by=own.by,
        verified_at=own.verified_at,
        origin=account.origin,
        texts_a_second=account.parts_a_second,
    )


async def _speed(runtime: Runtime, company_id: int, account: Account) -> speed.Speed:
    pool = await pool_known(runtime, company_id, account)
    most = runtime.settings.twilio_parts_a_second
    return speed.shown(pool, agreed=account.parts_a_second, most=most)


def sends_from(account: Account) -> str:
    """A number with spaces, or a Messaging Service's SID."""
    service = account.messaging_service_sid
    return f"Messaging Service {service}" if service else written(account.sender)


def _options(senders: Senders) -> Sequence[Option]:
    services = [Option(sid, name or "Messaging Service", sid) for sid, name in senders.services]
    return [*services, *(Option(number, written(number)) for number in senders.numbers)]


def _unread(senders: Senders) -> str:
    """Which lists are missing or cut short."""
    names = {"services": "Messaging Services", "numbers": "numbers"}
    return " and ".join(names[name] for name in senders.unread)
