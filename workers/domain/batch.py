"""A batch's phase and what it waits for: pure functions of a few timestamps and counts by state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from workers.domain.delivery import State


class Phase(StrEnum):
    """The mood of a batch's page; never stored."""

    RESOLVING = "resolving"
    DRAFT = "draft"
    SENDING = "sending"
    PAUSED = "paused"
    DELIVERING = "delivering"
    SETTLED = "settled"
    CANCELED = "canceled"
    REFUSED = "refused"


ENDED = frozenset({Phase.SETTLED, Phase.CANCELED, Phase.REFUSED})


@dataclass(frozen=True, slots=True)
class Life:
    """The few facts of a batch that its phase depends on. Times are aware, UTC."""

    created_at: datetime
    resolved_at: datetime | None = None
    refused_reason: str | None = None
    confirmed_at: datetime | None = None
    not_before: datetime | None = None
    send_by: datetime | None = None
    first_claim_at: datetime | None = None
    paused_at: datetime | None = None
    pause_reason: str | None = None  # "person" | "account" | "restored"
    canceled_at: datetime | None = None
    resolve_not_before: datetime | None = None
    # pace | pipedrive (is away) | pipedrive_budget | pipedrive_reserve | pipedrive_gate | None
    resolve_wait_reason: str | None = None
    back_off_until: datetime | None = None
    waits_until: datetime | None = None  # nobody of the ready may be texted before
    waits_for: str | None = None  # "quiet_hours" | "cap" | None


@dataclass(frozen=True, slots=True)
class Counts:
    """People by state, and how many of them are still being asked about."""

    by_state: Mapping[State, int] = field(default_factory=dict)
    looking: int = 0  # accepted, sent or unconfirmed people whose look-ups have not ended
    deferred: Mapping[datetime, int] = field(default_factory=dict)  # ready people, by their morning

    def __getitem__(self, state: State) -> int:
        return self.by_state.get(state, 0)

    def asleep(self, now: datetime) -> Mapping[datetime, int]:
        """The ready people for whom it is night at `now`, by when their day begins."""
        return {opens: people for opens, people in self.deferred.items() if opens > now}

    @property
    def people(self) -> int:
        """Everybody selected: the sum of all states."""
        return sum(self.by_state.values())


def phase(life: Life, counts: Counts, now: datetime) -> Phase:
    """What the batch is doing at `now`."""
    if life.refused_reason is not None:
        return Phase.REFUSED
    if life.confirmed_at is None:
        if life.canceled_at is not None:
            return Phase.CANCELED
        return Phase.RESOLVING if life.resolved_at is None else Phase.DRAFT
    waiting = counts[State.PENDING] + counts[State.READY]
    if waiting and life.canceled_at is None and (life.paused_at or is_too_late(life, now)):
        return Phase.PAUSED
    if waiting or counts[State.SENDING]:
        return Phase.SENDING
    if counts.looking:
        return Phase.DELIVERING
    return Phase.SETTLED if life.canceled_at is None else Phase.CANCELED


def is_too_late(life: Life, now: datetime) -> bool:
    """Whether the batch's texts would leave later than their rep meant them to."""
    return life.send_by is not None and now >= life.send_by


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reason why people are not being texted right now, and until when (None: until somebody acts)."""

    reason: str  # hold | quiet_hours | cap | account | paused, or as in `resolve_wait_reason`
    until: datetime | None
    people: int


def waiting(life: Life, counts: Counts, now: datetime) -> list[Waiting]:
    """Everything that `counts`' waiting people wait for at `now`."""
    current = phase(life, counts, now)
    if current is Phase.RESOLVING and life.resolve_not_before and life.resolve_not_before > now:
        people = counts[State.PENDING]
        return [Waiting(life.resolve_wait_reason or "pace", life.resolve_not_before, people)]
    ready = counts[State.READY]
    if not ready or life.confirmed_at is None or life.canceled_at is not None:
        return []
    if life.paused_at is not None:
        reason = "account" if life.pause_reason == "account" else "paused"
        return [Waiting(reason, None, ready)]
    if is_too_late(life, now):
        return [Waiting("paused", None, ready)]
    if life.not_before is not None and life.not_before > now:
        return [Waiting("hold", life.not_before, ready)]
    asleep = counts.asleep(now)
    told = [Waiting("quiet_hours", min(asleep), sum(asleep.values()))] if asleep else []
    awake = ready - sum(asleep.values())
    if awake and life.waits_for == "cap" and life.waits_until and life.waits_until > now:
        return [*told, Waiting("cap", life.waits_until, awake)]
    until = life.back_off_until
    if awake and until is not None and until > now:
        told.append(Waiting("pace", until, awake))
    return told
