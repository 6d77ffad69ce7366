"""What a draft would cost and how long it would take, in words (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from web.clock import clock, number, people
from web.countries import COUNTRIES
from web.money import CENT, rounded, written
from workers.domain.cost import Cost, Range, Share
from workers.domain.senders import Kind, Pool
from workers.ports.reading import BatchView
from workers.stages.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Line:
    """One country's part."""

    country: str
    people: str
    texts: str  # "charged as 82 texts"
    money: str


@dataclass(frozen=True, slots=True)
class Told:
    """The estimate as the page says it; everything may be ""."""

    money: str = ""
    time: str = ""
    pace: str = ""
    lines: tuple[Line, ...] = ()
    warnings: tuple[str, ...] = ()
    is_waiting: bool = False


def told(found: Estimate, view: BatchView) -> Told:
    """The estimate in words."""
    if not found.cost.shares:
        return Told()
    return Told(
        money=_money(found.cost, found.is_waiting),
        time=_time(found),
        pace=_pace(found),
        lines=tuple(_line(share) for share in found.cost.shares),
        warnings=tuple(_warnings(found, view)),
        is_waiting=found.is_waiting,
    )


def for_programs(found: Estimate) -> Mapping[str, Any] | None:
    """Exact, in texts: money is no float."""
    if not found.cost.shares:
        return None
    totals = found.cost.totals.items()
    return {
        "parts": {"min": int(found.cost.parts.low), "max": int(found.cost.parts.high)},
        "money": [
            {"currency": currency, "min": str(money.low), "max": str(money.high)}
            for currency, money in totals
        ],
        "people_without_a_price": found.cost.unpriced,
        "seconds": found.arrival and round(found.arrival.seconds),
    }


def money(amount: Range, currency: str) -> str:
    """ "about $2.10 – $2.60"; what rounds to nothing is "less than $0.01"."""
    low, high = (rounded(part) for part in (amount.low, amount.high))
    if not high:
        return f"less than {written(CENT, currency)}" if amount.high else "free"
    if low == high:
        return f"about {written(low, currency)}"
    return f"about {written(low, currency)} – {written(high, currency)}"


def sender(pool: Pool) -> str:
    """ "one long code", "3 long codes and one short code"."""
    parts = [
        f"one {kind}" if count == 1 else f"{number(count)} {kind}s"
        for kind, count in pool.counted.items()
    ]
    return " and ".join(parts)


def _money(cost: Cost, is_waiting: bool) -> str:
    totals = [money(amount, currency) for currency, amount in cost.totals.items()]
    if not totals:
        return "" if is_waiting else "price not known"
    said = " and ".join(totals)
    unpriced = cost.unpriced
    return f"{said}, without {people(unpriced)} whose price isn't known" if unpriced else said


def _time(found: Estimate) -> str:
    if found.arrival is None:
        return ""
    return f"done in {_span(found.arrival.span)}"


def _pace(found: Estimate) -> str:
    """ "about 8 minutes from one long code, an ordinary phone number"."""
    if found.arrival is None:
        return ""
    senders = sender(found.pool)
    before = found.arrival.before
    span = _span(timedelta(seconds=before))
    queued = f". Texts that wait already leave first: {span} of it" if before >= 30 else ""
    return _at_its_speed(found, senders) + queued


def _at_its_speed(found: Estimate, senders: str) -> str:
    assert found.arrival is not None
    if found.rate != found.pool.rate:
        at = f"{found.rate:g} text{'' if found.rate == 1 else 's'} a second"
        return f"{_span(found.arrival.span)} at {at}" + (f" from {senders}" if senders else "")
    one = found.pool.kinds == (Kind.LONG_CODE,)
    plain = ", an ordinary phone number that sends one text after another" if one else ""
    return f"{_span(found.arrival.span)} from {senders}{plain}"


def _span(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 100:
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    return f"about {number(round(minutes / 60))} hours"


def _line(share: Share) -> Line:
    low, high = int(share.parts.low), int(share.parts.high)
    parts = number(low) if low == high else f"{number(low)} to {number(high)}"
    return Line(
        COUNTRIES.get(share.country, "Elsewhere"),
        people(share.people),
        f"charged as {parts} text{'' if high == 1 else 's'}",
        money(share.money, share.currency) if share.money else "price not known",
    )


def _warnings(found: Estimate, view: BatchView) -> list[str]:
    arrival, said = found.arrival, []
    if arrival is None:
        return []
    if arrival.people_expired:
        hours = f"{found.may_wait.total_seconds() / 3600:g}"
        said.append(
            f"About {people(arrival.people_expired)} would wait longer than {hours} hours and get "
            "nothing: text fewer at once, or ask your admin for more numbers to send from."
        )
    if arrival.people_at_night and found.night is not None:
        at = clock(found.night, view.timezone, view.now)
        said.append(
            f"About {people(arrival.people_at_night)} would have their turn only after {at}."
        )
    return said
