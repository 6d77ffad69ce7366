"""What finding people costs a company's Pipedrive, in words."""

from __future__ import annotations

from datetime import UTC

from web.clock import number, people
from workers.ports.budget import Day
from workers.ports.reading import BatchView


def of_day(day: Day) -> str:
    """ "Finding people used 70 of today's 30,000 tokens."."""
    if day.tokens_a_day:
        return f"Finding people used {number(day.used)} of today's {_tokens(day.tokens_a_day)}."
    return f"Finding people used {_tokens(day.used)} today."


def left(day: Day) -> str:
    """What Pipedrive said last of the rest; other apps use it too."""
    if day.tokens_left is None:
        return ""
    return f"{number(day.tokens_left)} of them were left when Pipedrive said so last."


def of_batch(view: BatchView) -> str:
    """ "finding 3,200 people used 70 of today's tokens", or nothing where it cost nothing."""
    if not view.tokens_used:
        return ""
    is_today = view.life.created_at.astimezone(UTC).date() == view.now.astimezone(UTC).date()
    used = (
        f"{number(view.tokens_used)} of today's tokens" if is_today else _tokens(view.tokens_used)
    )
    return f"finding {people(view.counts.people)} used {used}"


def _tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{number(count)} tokens"
