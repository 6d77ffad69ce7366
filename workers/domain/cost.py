"""What texts will cost: parts times people by country, in a range, as money and never as a float."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workers.domain.senders import Kind

#: Twilio's word for what a price is for, by our kinds (twilio.md §12).
_TYPES: Mapping[Kind, tuple[str, ...]] = {
    Kind.LONG_CODE: ("local", "mobile", "national"),
    Kind.TOLL_FREE: ("tollfree", "toll-free", "toll free"),
    Kind.SHORT_CODE: ("shortcode", "short-code", "short code"),
    Kind.NAME: ("alphanumeric", "local", "mobile"),
}


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most."""

    low: Decimal
    high: Decimal

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)


NOTHING = Range(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Tariff:
    """What one part to a country costs, over all its networks, by Twilio's type of sender."""

    currency: str = ""  # ISO 4217, upper case; "" = Twilio has no price
    by_type: Mapping[str, Range] | None = None

    def price(self, kinds: Collection[Kind]) -> Range | None:
        """For senders of these kinds; where Twilio names none of them, over all types."""
        known = self.by_type or {}
        types = {name for kind in kinds for name in _TYPES[kind]}
        fitting = [one for name, one in known.items() if name in types] or list(known.values())
        if not fitting:
            return None
        return Range(min(one.low for one in fitting), max(one.high for one in fitting))


@dataclass(frozen=True, slots=True)
class Share:
    """One country's part of it; no `money` where the price is not known."""

    country: str  # ISO 3166 alpha-2, "" = no country's number
    people: int
    parts: Range
    currency: str = ""
    money: Range | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """By country, most people first."""

    shares: tuple[Share, ...] = ()

    @property
    def parts(self) -> Range:
        """Of everybody."""
        return sum((share.parts for share in self.shares), NOTHING)

    @property
    def totals(self) -> Mapping[str, Range]:
        """By currency, of those whose price is known."""
        found: dict[str, Range] = {}
        for share in self.shares:
            if share.money is not None:
                found[share.currency] = found.get(share.currency, NOTHING) + share.money
        return found

    @property
    def unpriced(self) -> int:
        """People whose price is not known."""
        return sum(share.people for share in self.shares if share.money is None)


def cost_of(
    people: Mapping[str, int],
    sampled: Sequence[tuple[str, int]],
    tariffs: Mapping[str, Tariff],
    kinds: Collection[Kind],
) -> Cost:
    """`people` by country; `sampled` = (country, parts) of those whose text was rendered.

    Whoever was not rendered takes between the fewest and the most parts of those who were.
    """
    fewest = min((parts for _, parts in sampled), default=0)
    most = max((parts for _, parts in sampled), default=0)
    shares = []
    for country, count in sorted(people.items(), key=lambda item: (-item[1], item[0])):
        known = [parts for of, parts in sampled if of == country][:count]
        rest = count - len(known)
        parts = Range(
            Decimal(sum(known) + rest * fewest),
            Decimal(sum(known) + rest * most),
        )
        shares.append(_share(country, count, parts, tariffs.get(country), kinds))
    return Cost(tuple(shares))


def _share(
    country: str, people: int, parts: Range, tariff: Tariff | None, kinds: Collection[Kind]
) -> Share:
    price = tariff.price(kinds) if tariff else None
    if tariff is None or price is None:
        return Share(country, people, parts)
    money = Range(parts.low * price.low, parts.high * price.high)
    return Share(country, people, parts, tariff.currency, money)


def tariff_to_json(tariff: Tariff) -> dict[str, Any]:
    """Decimals as texts."""
    by_type = {name: [str(one.low), str(one.high)] for name, one in (tariff.by_type or {}).items()}
    return {"currency": tariff.currency, "by_type": by_type}


def tariff_from_json(stored: Mapping[str, Any]) -> Tariff:
    by_type = {
        name: Range(Decimal(low), Decimal(high)) for name, (low, high) in stored["by_type"].items()
    }
    return Tariff(stored["currency"], by_type)
