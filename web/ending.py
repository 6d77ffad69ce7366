"""When a text that goes out will be through, as the page says it (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from web.clock import clock
from web.views import current
from workers.domain.batch import Phase, waiting
from workers.ports.reading import BatchView


@dataclass(frozen=True, slots=True)
class End:
    """When the last text has left; `said` is the clock's next full minute."""

    at: datetime
    said: str


def is_flowing(view: BatchView) -> bool:
    """Whether texts are leaving, at whatever pace: nothing but their turn is waited for."""
    moves = current(view) in {Phase.SENDING, Phase.DELIVERING}
    told = waiting(view.life, view.counts, view.now)
    return moves and all(wait.reason == "pace" for wait in told)


def done_by(view: BatchView, left: timedelta | None) -> End | None:
    """When the last text leaves, `left` after the view; None while nobody can say."""
    if left is None:
        return None
    at = view.now + left
    return End(at, clock(at + timedelta(seconds=59), view.timezone, view.now))
