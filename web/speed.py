"""How fast a company's own sender sends: what its settings show, and what was typed (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from web import costs
from workers.domain.errors import BadRequest
from workers.domain.senders import Pool
from workers.domain.speed import FASTEST, SLOWEST


@dataclass(frozen=True, slots=True)
class Speed:
    """The field as it stands; everything may be ""."""

    agreed: str  # what the company typed
    usual: str  # "1 a second from one long code"
    most: str  # what the operator allows


def shown(pool: Pool | None, *, agreed: float, most: float) -> Speed:
    """For the settings; `pool` None = Twilio has not told yet what is in it."""
    usual = f"{pool.rate:g} a second from {costs.sender(pool)}" if pool and pool.rate else ""
    return Speed(_number(agreed), usual, _number(most))


def read(typed: str) -> float:
    """Texts a second, 0 = what is usual; raises BadRequest."""
    given = typed.strip().replace(",", ".")
    if not given:
        return 0.0
    whole, _, rest = given.partition(".")
    is_number = given.isascii() and whole.isdigit() and (rest or "0").isdigit() and len(given) < 9
    if not is_number or not SLOWEST <= float(given) <= FASTEST:
        raise BadRequest(
            "not_a_speed",
            f"“{typed[:40]}” doesn't fit here.",
            f"Type how many texts a second, from {SLOWEST:g} to {FASTEST:,.0f}, or nothing for what "
            "is usual. Nothing was saved.",
        )
    return float(given)


def _number(value: float) -> str:
    return f"{value:g}" if value else ""
