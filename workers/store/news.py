"""What answers and reports say of one attempt, and where that moves it and its recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workers.domain.delivery import RANK, Cause, State, may
from workers.ports.sending import Answer, Told
from workers.store.database import Row, array

FINAL = RANK["canceled"]
LOOKED_AT = {"accepted", "sent", "unconfirmed"}


@dataclass(frozen=True, slots=True)
class News:
    """Everything one group brings for one attempt."""

    cause: Cause
    states: tuple[str, ...]
    sid: str | None = None
    http_status: int | None = None
    error_code: str | None = None
    request_id: str | None = None
    stops: str | None = None
    learned: str | None = None
    code_of: dict[str, str] = field(default_factory=dict)  # state -> error code


def may_move(cause: Cause, state: State, to: State) -> bool:
    """A late "taken" is evidence like a receipt, also where a re-send was asked for meanwhile."""
    taken = RANK[to] >= RANK["accepted"] if to in RANK else False
    return may(cause, state, to) or (taken and may(Cause.RECEIPT, state, to))


def recipient_state(attempt_state: str) -> State:
    return State.READY if attempt_state == "not_sent" else State(attempt_state)


def next_look(old: str, now: str, new: News) -> str:
    """What happens to the attempt's look-ups: restart, stop, now (a conflict), or keep."""
    reported = max(RANK[state] for state in new.states)
    conflict = RANK[old] >= FINAL and reported >= FINAL and old not in new.states
    if conflict and {old, now} != {"delivered", "read"}:
        return "now"
    if old == now:
        return "keep"
    return "restart" if now in LOOKED_AT else "stop"


def of_answer(answer: Answer) -> News:
    code = answer.error_code or ""
    return News(
        cause=Cause.ANSWER,
        states=(answer.state,),
        sid=answer.sid,
        http_status=answer.http_status,
        error_code=answer.error_code,
        request_id=answer.request_id,
        stops=answer.stops,
        learned=answer.learned,
        code_of={answer.state: code} if answer.state in {"failed", "undelivered"} else {},
    )


def of_report(told: Told) -> News:
    report = told.report
    code = report.error_code or None
    return News(
        cause=Cause.RECEIPT,
        states=(report.state,),
        sid=report.sid,
        error_code=code,
        stops=told.stops,
        learned=told.learned,
        code_of={report.state: report.error_code} if report.error_code else {},
    )


def merged(old: News, new: News) -> News:
    return replace(
        new,
        states=old.states + new.states,
        sid=old.sid or new.sid,
        error_code=new.error_code or old.error_code,
        stops=new.stops or old.stops,
        learned=new.learned or old.learned,
        code_of=old.code_of | new.code_of,
    )


def receipt_columns(told: Sequence[Told]) -> dict[str, object]:
    return {
        "attempts": array(one_told.attempt_id for one_told in told),
        "sids": array(one_told.report.sid for one_told in told),
        "statuses": array(one_told.report.status for one_told in told),
        "codes": array(one_told.report.error_code for one_told in told),
        "sources": array(one_told.source for one_told in told),
        "times": array(one_told.report.carrier_time for one_told in told),
    }


def number_columns(gone: Sequence[Row]) -> dict[str, object]:
    ordered = sorted(gone, key=lambda row: row["number"])
    return {
        "companies": array(row["company_id"] for row in ordered),
        "channels": array(row["channel"] for row in ordered),
        "numbers": array(row["number"] for row in ordered),
        "recipients": array(row["recipient_id"] for row in ordered),
    }
