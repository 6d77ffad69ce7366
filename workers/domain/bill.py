"""What texts did cost: Twilio's price of each, told some time after it left, summed as money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from workers.domain.batch import Counts, Life, Phase, phase
from workers.domain.delivery import State

#: Attempts in these states left no text at a carrier: no price is waited for, though one may come.
FREE = ("canceled", "failed", "not_sent")
#: Networks that confirm nothing keep a batch unsettled for a day; its prices are there long before.
LONG_ENOUGH = timedelta(hours=1)
#: So long a page expects news of prices while it is looked at.
SOON = timedelta(minutes=15)

#: Why no price came: the account is gone, its login is refused, or Twilio told none.
Trouble = Literal["", "account", "login"]


@dataclass(frozen=True, slots=True)
class Charge:
    """What one text cost; exact, in `currency` (ISO 4217, upper case)."""

    sid: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What a batch's texts cost, as far as it is known. A text that was sent again counts twice."""

    texts: int  # those that left, or may have: `priced` of them have a price
    priced: int
    totals: Mapping[str, Decimal] = field(default_factory=dict)  # by currency
    is_open: bool = False  # prices are still asked for
    settled_at: datetime | None = None
    trouble: Trouble = ""

    @property
    def missing(self) -> int:
        """Texts without a price."""
        return self.texts - self.priced

    def is_expected(self, now: datetime) -> bool:
        """Whether a page that is looked at may soon say more."""
        if not self.is_open or (self.settled_at is not None and not self.missing):
            return False
        return self.settled_at is None or now - self.settled_at < SOON


def is_quiet(life: Life, counts: Counts, now: datetime, *, opened_at: datetime) -> bool:
    """Whether prices may be asked for: nobody is about to be texted, and receipts had their time."""
    if counts[State.SENDING]:
        return False
    waits = counts[State.READY] + counts[State.PENDING]
    if waits and phase(life, counts, now) is not Phase.PAUSED:
        return False
    return not counts.looking or now - opened_at > LONG_ENOUGH


def not_quiet_until(now: datetime, *, opened_at: datetime) -> datetime:
    """When to see again whether a batch has settled: the longer it takes, the more rarely."""
    wait = (now - opened_at) / 10
    return now + min(timedelta(minutes=10), max(timedelta(seconds=3), wait))


def next_look(now: datetime, *, settled_at: datetime, plan: Sequence[timedelta]) -> datetime | None:
    """The next time of the plan, counted from `settled_at`; None = the last has passed."""
    return min((settled_at + after for after in plan if settled_at + after > now), default=None)


def look_again(
    now: datetime, *, settled_at: datetime, plan: Sequence[timedelta], wait: timedelta
) -> datetime | None:
    """After a look that failed: once `wait` has passed, but not beyond the plan's end."""
    ends = settled_at + max(plan, default=timedelta())
    return now + wait if now + wait < ends else (ends if now < ends else None)
