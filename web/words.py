"""The words of the page: states, phases and waiting, one sentence each (pure)."""

from __future__ import annotations

from web import records
from web.clock import clock, number, people
from web.why import failure, left_out, opted_out
from workers.domain.action import Filtered
from workers.domain.batch import Waiting, is_too_late
from workers.domain.delivery import State
from workers.ports.reading import BatchView, RecipientRow

#: What stands before the number in a count, in the order of the page.
COUNTED: dict[State, str] = {
    State.READ: "read",
    State.DELIVERED: "delivered",
    State.SENT: "on the mobile network, not confirmed yet",
    State.ACCEPTED: "queued to go out",
    State.SENDING: "being sent out",
    State.READY: "not sent yet",
    State.PENDING: "without a number yet",
    State.UNCONFIRMED: "not known yet",
    State.UNDELIVERED: "couldn't be delivered",
    State.FAILED: "couldn't be sent",
    State.CANCELED: "not sent, stopped",
    State.SKIPPED: "left out",
}

#: The drawing beside a state, so that color never speaks alone.
SHAPES: dict[State, str] = {
    State.PENDING: "…",
    State.READY: "○",
    State.SKIPPED: "–",
    State.SENDING: "◔",
    State.UNCONFIRMED: "?",
    State.ACCEPTED: "◑",
    State.SENT: "◕",
    State.DELIVERED: "✓",
    State.READ: "✓✓",
    State.UNDELIVERED: "!",
    State.FAILED: "!",
    State.CANCELED: "×",
}


#: The same, once nothing is asked about any more.
COUNTED_AT_THE_END = {
    **COUNTED,
    State.SENT: "sent; this network doesn't confirm delivery",
    State.UNCONFIRMED: "unknown, it may already have arrived",
}


def state(row: RecipientRow, view: BatchView) -> str:
    """Where one person stands, for the rep."""
    match row.state:
        case State.PENDING:
            return "finding their number"
        case State.READY if view.life.confirmed_at is None:
            return "to be texted"
        case State.READY if row.not_before is not None and row.not_before > view.now:
            at = clock(row.not_before, view.timezone, view.now)
            return f"not sent yet: it is night where they are, it goes out at {at}"
        case State.READY:
            return "not sent yet"
        case State.SKIPPED:
            known = row.suppressed
            return opted_out(known, view) if known else left_out(row.reason).said
        case State.UNCONFIRMED if row.next_look_at is not None:
            return f"not known yet, checking at {clock(row.next_look_at, view.timezone, view.now)}"
        case State.UNCONFIRMED:
            return "unknown, it may already have arrived"
        case State.SENT if row.next_look_at is None:
            return "sent; this network doesn't confirm delivery"
        case State.UNDELIVERED | State.FAILED:
            return f"{COUNTED[row.state]}: {failure(row.reason).said}"
        case State.CANCELED:
            return f"not sent – {stopped(view)}"
        case _:
            return COUNTED[row.state]


#: What can be done about people whose text failed, by `domain.reasons.Todo`.
TASKS: dict[str, str] = {
    "again": "try again",
    "number": "use another number",
    "fix": "something has to be fixed first",
    "nothing": "nothing to do here",
}


def tried(attempt: str) -> str:
    """What became of one try, by its attempt's state."""
    return "certainly not sent" if attempt == "not_sent" else COUNTED[State(attempt)]


def stopped(view: BatchView) -> str:
    """Who stopped it, and when."""
    at = view.life.canceled_at
    if at is None:
        return "it was stopped"
    who = f" by {view.canceled_by_name}" if view.canceled_by_name else ""
    return f"stopped{who} at {clock(at, view.timezone, view.now)}"


def source(view: BatchView) -> str:
    """Where the people came from, as the rep knows it."""
    if view.follows is not None:
        return f"{people(view.total or 0)} of an earlier text"
    if records.is_of_records(view):
        return records.source(view)
    match view.selection:
        case Filtered(by="filter"):
            name = f"“{view.source_name}”" if view.source_name else "a filter"
            found = f"everyone in {name} in Pipedrive"
        case Filtered():
            found = f"{_everyone(view.selection, view)} in Pipedrive"
        case _:
            found = "picked by hand in Pipedrive"
    without = len(view.selection.excluded) if isinstance(view.selection, Filtered) else 0
    except_for = f" except {number(without)}" if without else ""
    selected = f", {number(view.total)} selected" if view.total is not None else ""
    return found + except_for + selected


def asks(view: BatchView) -> str:
    """Why the rep types the number: it is big, or nobody looked at a filter."""
    match view.selection:
        case Filtered(by="owner" | "everyone") as all_of if records.is_of_records(view):
            return records.asks(view, all_of)
        case Filtered(by="owner" | "everyone") as all_of:
            who = _everyone(all_of, view)
            count = people(view.total or view.counts.people)
            return f"{who[0].upper()}{who[1:]}: {count}. Is that the number Pipedrive showed?"
        case _:
            return "This is a lot of people."


def _everyone(selection: Filtered, view: BatchView) -> str:
    if selection.by == "owner":
        owner = view.user_name if selection.id == view.user_id else view.source_name
        return f"everyone owned by {owner or 'one user'}"
    return "everyone you can see"


def waits(waiting: Waiting, view: BatchView) -> str:
    """Why people wait, until when or for whom."""
    at = clock(waiting.until, view.timezone, view.now) if waiting.until else ""
    count = waiting.people
    match waiting.reason:
        case "hold" if waiting.until is not None:
            exact = clock(waiting.until, view.timezone, view.now, seconds=True)
            return f"The first text goes out at {exact}."
        case "quiet_hours":
            first = "They get it" if count == 1 else "The first of them get it"
            return f"Waiting for the morning where they are: {people(count)}. {first} at {at}."
        case "cap":
            return f"Your company's texts for today are used up: {people(count)}, going on at {at}."
        case "pipedrive_budget":
            return f"Finding numbers continues at {at}: Pipedrive's daily limit is used up."
        case "pipedrive_reserve":
            return (
                f"Finding numbers continues at {at}: what is left of Pipedrive's daily limit "
                "is kept for your company's other apps."
            )
        case "pipedrive_gate":
            return (
                f"Pipedrive's firewall keeps Volley out. Finding numbers is tried again at {at}. "
                "If this goes on, tell whoever runs Volley: only Pipedrive can let it in again."
            )
        case "pipedrive":
            return f"Pipedrive doesn't answer right now. Finding numbers continues at {at}."
        case "account":
            return f"{failure(view.pause_code).said} {number(count)} not sent yet."
        case "paused":
            return _paused(view, count)
        case _ if view.life.confirmed_at is None:
            return f"Pipedrive asked us to slow down. Finding numbers continues at {at}."
        case _:
            return f"Texts leave as fast as their sender takes them. {people(count)}, going on at {at}."


def _paused(view: BatchView, count: int) -> str:
    life = view.life
    left = f"{number(count)} not sent yet."
    if life.paused_at is None and is_too_late(life, view.now) and life.send_by is not None:
        return (
            f"Too late: {number(count)} were not sent by "
            f"{clock(life.send_by, view.timezone, view.now)}. Send them now?"
        )
    if life.pause_reason == "restored":
        if view.pause_code == "looked":
            return f"Our data was restored from a copy. We asked who has this text already: {left}"
        return f"Held while we check what had already been sent. {left}"
    at = f" at {clock(life.paused_at, view.timezone, view.now)}" if life.paused_at else ""
    who = f" by {view.paused_by_name}" if view.paused_by_name else ""
    return f"Paused{who}{at}. {left}"


#: A batch's phase in a list of texts.
PHASES: dict[str, str] = {
    "resolving": "finding numbers",
    "draft": "draft",
    "sending": "sending",
    "paused": "paused",
    "delivering": "waiting for the mobile network",
    "settled": "done",
    "canceled": "stopped",
    "refused": "not read",
}


def next_step(row: RecipientRow, view: BatchView) -> str:
    """What happens next with one person, for support: by itself, or by whom."""
    match row.state:
        case State.PENDING:
            return "Their number is being looked for in Pipedrive; nothing to do."
        case State.READY if view.life.confirmed_at is None:
            return f"Nothing was sent: {view.user_name} has not pressed Send."
        case State.READY if row.not_before is not None and row.not_before > view.now:
            at = clock(row.not_before, view.timezone, view.now)
            return f"It goes out by itself at {at}, when it is day where they are."
        case State.READY:
            return "It goes out by itself, unless the text is paused."
        case State.SKIPPED:
            return left_out(row.reason).advice or "Nothing was sent to them, and nothing will be."
        case State.SENDING | State.ACCEPTED:
            return "Nothing to do: Twilio reports how it ends."
        case State.SENT:
            return "Ask them to wait a little; some networks never confirm. Twilio is asked again."
        case State.UNCONFIRMED if row.next_look_at is not None:
            at = clock(row.next_look_at, view.timezone, view.now)
            return f"Twilio is asked again at {at}; don't text them by hand before."
        case State.UNCONFIRMED:
            return f"Ask them whether it arrived; {view.user_name} may send it anyway."
        case State.DELIVERED | State.READ:
            return "It reached their phone. Ask them to look under blocked or unknown senders."
        case State.UNDELIVERED | State.FAILED:
            return failure(row.reason).advice
        case State.CANCELED:
            return "Nothing was sent to them; write another text if they should get one."
