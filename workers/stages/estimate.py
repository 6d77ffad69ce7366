"""What a draft would cost and how long it would take, from what is known by now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.domain.arrival import Arrival, arrival_of
from workers.domain.cost import Cost, cost_of
from workers.domain.delivery import State
from workers.domain.finish import Queued, ahead_of
from workers.domain.place import country_of
from workers.domain.rules import QuietHours
from workers.domain.senders import Pool, pool_of
from workers.domain.speed import rate
from workers.ports.outside import Account
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages.preview import Preview


@dataclass(frozen=True, slots=True)
class Estimate:
    """`is_waiting`: some of it is being read, and there is more in a moment."""

    cost: Cost = field(default_factory=Cost)
    pool: Pool = field(default_factory=Pool)
    rate: float = 0.0  # parts a second; 0 = nobody knows
    arrival: Arrival | None = None
    night: datetime | None = None
    may_wait: timedelta = timedelta()
    is_waiting: bool = False


async def estimate(runtime: Runtime, view: BatchView, found: Preview) -> Estimate:
    """Nothing, while there is no text, nobody to text or no account."""
    account = await runtime.accounts.of(view.company_id)
    if account is None or not view.counts[State.READY] or not found.samples:
        return Estimate()
    pool = await pool_known(runtime, view.company_id, account)
    leaves = _rate(runtime, account, pool)
    cost, is_waiting = await _cost(runtime, view, found, account, pool)
    rules = await runtime.companies.rules(view.company_id)
    night = next_night(rules.quiet, view.now, view.timezone)
    may_wait = runtime.settings.send_within
    queue = await runtime.paces.queue(view.company_id)
    own = int(cost.parts.low + cost.parts.high) // 2
    arrival = arrival_of(
        cost.parts,
        view.counts[State.READY],
        leaves,
        ahead=ahead_of(own, queue),
        begins=view.now,
        night=night,
        may_wait=may_wait,
    )
    return Estimate(
        cost, pool or Pool(), leaves, arrival, night, may_wait, is_waiting or pool is None
    )


async def turns_end(runtime: Runtime, view: BatchView) -> timedelta | None:
    """Until everybody of a confirmed text has had their turn; None where nobody can say."""
    counts = view.counts
    there = counts[State.SENDING] + counts[State.ACCEPTED]
    own = Queued(view.id, view.body, there, counts[State.READY])
    account = await runtime.accounts.of(view.company_id)
    if account is None or not own.there + own.here:
        return None
    leaves = _rate(runtime, account, await pool_known(runtime, view.company_id, account))
    queue = await runtime.paces.queue(view.company_id)
    others = (text for text in queue if text.batch_id != view.id)
    here = own.each * own.here
    parts = ahead_of(here, others) + here + own.each * own.there
    return timedelta(seconds=parts / leaves) if leaves else None


def _rate(runtime: Runtime, account: Account, pool: Pool | None) -> float:
    most = runtime.settings.twilio_parts_a_second
    return rate(pool, agreed=account.parts_a_second, most=most)


async def _cost(
    runtime: Runtime, view: BatchView, found: Preview, account: Account, pool: Pool | None
) -> tuple[Cost, bool]:
    """And whether a price is still being read."""
    people: Counter[str] = Counter()
    for number, count in await runtime.tariffs.numbers(view.id):
        people[country_of(number)] += count
    countries = [country for country in people if country]
    tariffs = await runtime.tariffs.prices(account.account_sid, countries)
    await runtime.tariffs.want(
        view.company_id, account.account_sid, [f"price {country}" for country in countries]
    )
    sampled = [(country_of(sample.number), sample.parts) for sample in found.samples]
    cost = cost_of(people, sampled, tariffs, pool.kinds if pool else ())
    return cost, any(country not in tariffs for country in countries)


async def pool_known(runtime: Runtime, company_id: int, account: Account) -> Pool | None:
    """What the account sends from; None = a Messaging Service that is being read."""
    service = account.messaging_service_sid
    if not service:
        return pool_of(account.sender)
    await runtime.tariffs.want(company_id, account.account_sid, [f"pool {service}"])
    return await runtime.tariffs.pool(account.account_sid, service)


def next_night(quiet: QuietHours | None, now: datetime, zone: str) -> datetime | None:
    """When the quiet hours begin next by the rep's clock; None in them, or without any."""
    if quiet is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    clock = local.time().replace(tzinfo=None)
    is_over_midnight = quiet.begins > quiet.ends
    within = (
        clock >= quiet.begins or clock < quiet.ends
        if is_over_midnight
        else quiet.begins <= clock < quiet.ends
    )
    if within:
        return None
    at = local.replace(hour=quiet.begins.hour, minute=quiet.begins.minute, second=0, microsecond=0)
    return at if at > local else at + timedelta(days=1)
