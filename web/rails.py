"""What stands in the way of a draft, in words (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from web.clock import clock, number, people
from workers.ports.rails import Crossing, Just
from workers.ports.reading import BatchView
from workers.stages.rails import Asleep, Cap, Rails


@dataclass(frozen=True, slots=True)
class Told:
    """Sentences for the draft; `crossings` ask for one of two answers about `crossed` people."""

    crossings: tuple[str, ...] = ()
    crossed: int = 0
    waits: tuple[str, ...] = ()


def told(found: Rails, view: BatchView) -> Told:
    """One sentence a reason, the one that concerns most first."""
    waits = []
    if found.just is not None:
        waits.append(_just(found.just, view))
    if found.asleep is not None:
        waits.append(_asleep(found.asleep, view))
    if found.never:
        waits.append(
            f"The numbers of {people(found.never)} may be in so many time zones that it is never "
            "day in all of them; they would be left out."
        )
    if found.in_a_row:
        waits.append(
            f"The numbers of {people(found.in_a_row)} follow closely on one another. Customers' "
            "numbers seldom do: look where they come from before you send."
        )
    if found.cap is not None:
        waits.append(_cap(found.cap, view))
    return Told(
        tuple(_crossing(crossing, view) for crossing in found.crossings),
        sum(crossing.people for crossing in found.crossings),
        tuple(waits),
    )


def _crossing(crossing: Crossing, view: BatchView) -> str:
    mine = crossing.user_id == view.user_id
    who = "you" if mine else crossing.user_name or "a colleague"
    one = crossing.people == 1
    count = people(crossing.people)
    match crossing.kind:
        case "texted":
            last = ago(view.now - crossing.at) if crossing.at else "a short while ago"
            return f"{count} {'was' if one else 'were'} texted {last} by {who}."
        case "same":
            return f"{count} got this same text in the last 24 hours from {who}."
        case "running":
            whose = "a text of yours" if mine else f"a text by {who}"
            return f"{count} {'is' if one else 'are'} in {whose} that is still going out."


def _just(just: Just, view: BatchView) -> str:
    at = clock(just.until, view.timezone, view.now, seconds=True)
    one = just.people == 1
    return (
        f"{people(just.people)} {'was' if one else 'were'} texted only just now. If this "
        f"text goes out before {at}, {'they are' if one else 'those are'} left out."
    )


def _cap(cap: Cap, view: BatchView) -> str:
    at = clock(cap.until, view.timezone, view.now)
    left = f"{number(cap.left)} of them are left" if cap.left else "none of them is left today"
    return (
        f"Your company sends at most {number(cap.a_day)} texts a day and {left}: "
        f"{people(cap.later)} would get it from {at}."
    )


def capped(found: Rails) -> str:
    """Why the rep types the number though it may be small, or "" while the day's texts suffice."""
    if found.cap is None:
        return ""
    return f"Your company's texts for today don't suffice for {people(found.cap.later)} of them."


def ago(passed: timedelta) -> str:
    """ "12 minutes ago", "2 hours ago"."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 2:
        return "a moment ago"
    if minutes < 90:
        return f"{minutes} minutes ago"
    hours = round(minutes / 60)
    return f"{number(hours)} hours ago" if hours < 48 else f"{number(round(hours / 24))} days ago"


def _asleep(asleep: Asleep, view: BatchView) -> str:
    at = clock(asleep.opens, view.timezone, view.now)
    theirs = f"{asleep.local:%H:%M}"
    if asleep.people == 1:
        return f"It is night where 1 person is: they get it from {theirs} their time, {at} yours."
    return (
        f"It is night where {people(asleep.people)} are: they get it from {theirs} their time, "
        f"the first at {at} yours."
    )
