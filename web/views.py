"""What a batch's page shows, worked out from one snapshot (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from web import why, words
from web.clock import number, people
from workers.domain.action import Filtered
from workers.domain.batch import ENDED, Phase, Waiting, is_too_late, phase, waiting
from workers.domain.delivery import State
from workers.ports.reading import BatchView

Mood = Literal["draft", "sent", "refused"]

#: The bar's pieces from sure to unsure; people left out were never to be texted.
_BAR = (
    (State.DELIVERED, State.READ),
    (State.SENT,),
    (State.ACCEPTED, State.SENDING),
    (State.UNCONFIRMED,),
    (State.FAILED, State.UNDELIVERED),
    (State.READY, State.PENDING, State.CANCELED),
)
_MOMENT = timedelta(seconds=20)
_TROUBLE = (State.FAILED, State.UNDELIVERED)
_ON_THE_WAY = (State.SENDING, State.ACCEPTED, State.SENT)
_ARRIVED = (State.DELIVERED, State.READ)


@dataclass(frozen=True, slots=True)
class Part:
    """One count of the summary: how many people are in a state, in words."""

    state: State
    people: int
    said: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One colored piece of the bar, in percent."""

    state: State
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Tab:
    """A group of people to look at; `states` empty = everybody."""

    said: str
    people: int
    states: tuple[State, ...]


def mood(view: BatchView) -> Mood:
    """Which of the page's layouts fits; a page whose mood changed is loaded again."""
    if view.life.refused_reason is not None:
        return "refused"
    return "draft" if view.life.confirmed_at is None and not view.life.canceled_at else "sent"


def current(view: BatchView) -> Phase:
    """The batch's phase at the snapshot's own time."""
    return phase(view.life, view.counts, view.now)


def texted(view: BatchView) -> int:
    """The people a confirmed text was meant for, whatever became of it."""
    return view.counts.people - view.counts[State.SKIPPED]


def heading(view: BatchView) -> str:
    """The page's first line."""
    counts = view.counts
    delivered = counts[State.DELIVERED] + counts[State.READ]
    match current(view):
        case Phase.REFUSED:
            return why.not_read(view.life.refused_reason).said
        case Phase.RESOLVING:
            return "Finding phone numbers"
        case Phase.DRAFT if not counts[State.READY]:
            return "Nobody here can be texted"
        case Phase.DRAFT:
            return f"Text {people(counts[State.READY])}"
        case Phase.SETTLED if not texted(view):
            return "Nobody was texted"  # everybody was left out at the last moment
        case Phase.SETTLED:
            return f"{number(delivered)} of {number(texted(view))} delivered"
        case Phase.DELIVERING:
            return f"{number(delivered)} of {number(texted(view))} delivered so far"
        case Phase.CANCELED if view.life.confirmed_at is None:
            return "This draft was closed"
        case Phase.CANCELED:
            return f"Stopped – {number(delivered)} of {number(texted(view))} delivered"
        case Phase.PAUSED:
            return f"Paused – {number(counts[State.READY])} of {number(texted(view))} not sent yet"
        case _:
            return f"Texting {people(texted(view))}"


def found(view: BatchView) -> str:
    """How far the search for people is: "1,200 of 3,200 so far."."""
    known = view.counts.people - view.counts[State.PENDING]
    of = f" of {number(view.total)}" if view.total is not None else ""
    return f"{number(known)}{of} so far."


def finding(view: BatchView) -> str:
    """Why Send waits for the search, or "" when it is over."""
    if current(view) is not Phase.RESOLVING:
        return ""
    return f"Finding phone numbers, {found(view)}"


def summary(view: BatchView) -> list[Part]:
    """Everybody by state, in words; the counts add up to everybody selected."""
    said_of = words.COUNTED_AT_THE_END if is_over(view) else words.COUNTED
    return [
        Part(state, view.counts[state], said)
        for state, said in said_of.items()
        if view.counts[state]
    ]


def spoken(view: BatchView) -> str:
    """The summary as one sentence, for the live region."""
    title = heading(view)
    known = "delivered" in title
    parts = ", ".join(
        f"{number(part.people)} {part.said}"
        for part in summary(view)
        if not (known and part.state is State.DELIVERED)
    )
    return f"{title}. {parts}." if parts else f"{title}."


def notices(view: BatchView) -> list[str]:
    """Why people wait or were not texted, one sentence a reason."""
    waits = waiting(view.life, view.counts, view.now)
    told = [words.waits(one, view) for one in waits if not _is_a_moment(one, view)]
    left = view.counts[State.CANCELED] + view.counts[State.READY]
    if left and view.life.canceled_at is not None and view.life.confirmed_at is not None:
        told.append(f"{number(left)} not sent: {words.stopped(view)}.")
    return told


def _is_a_moment(wait: Waiting, view: BatchView) -> bool:
    """Between two texts of a slow sender nobody waits for anything: the next leaves in seconds."""
    return wait.reason == "pace" and wait.until is not None and wait.until - view.now < _MOMENT


def bar(view: BatchView) -> list[Piece]:
    """The bar's pieces, left to right."""
    whole = texted(view)
    pieces, x = [], 0.0
    for states in _BAR:
        width = 100 * sum(view.counts[state] for state in states) / whole if whole else 0.0
        if width:
            pieces.append(Piece(states[0], round(x, 3), round(width, 3)))
        x += width
    return pieces


def tabs(view: BatchView) -> list[Tab]:
    """The groups worth looking at, with their counts."""
    draft = mood(view) == "draft"
    groups: list[tuple[str, tuple[State, ...]]] = [
        ("To be texted" if draft else "Not sent yet", (State.READY,)),
        ("On the way", _ON_THE_WAY),
        ("Delivered", _ARRIVED),
        ("Not known", (State.UNCONFIRMED,)),
        ("Didn't work", _TROUBLE),
        ("Stopped", (State.CANCELED,)),
        ("Left out", (State.SKIPPED,)),
        ("Being found", (State.PENDING,)),
    ]
    found = [Tab("Everybody", view.counts.people, ())]
    for said, states in groups:
        count = sum(view.counts[state] for state in states)
        if count or (draft and states in ((State.READY,), (State.SKIPPED,))):
            found.append(Tab(said, count, states))
    return found


def must_type(view: BatchView, above: int) -> bool:
    """Whether the rep types the number of people: many of them, or a select-all without a filter."""
    return is_unfiltered(view) or view.counts[State.READY] > above


def is_unfiltered(view: BatchView) -> bool:
    """Whether everybody of an owner, or of the company, was selected at once."""
    return isinstance(view.selection, Filtered) and view.selection.by != "filter"


def is_over(view: BatchView) -> bool:
    """Whether nothing will change any more without a person (a page may stop asking)."""
    return current(view) in ENDED


def holds(view: BatchView) -> bool:
    """Whether the batch may still be undone without a single text sent."""
    return any(wait.reason == "hold" for wait in waiting(view.life, view.counts, view.now))


def too_late(view: BatchView) -> bool:
    """Whether it is paused because its time has passed."""
    return view.life.paused_at is None and is_too_late(view.life, view.now)
