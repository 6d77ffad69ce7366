"""Serves every mood of the page with sample data: `python -m tests.gallery [port]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from tests.builders_batches import ADMIN, NOW, REP, a_batch, a_row
from tests.fakes_ledger import Door, Ledger, a_runtime
from web import batches, controls, home, support
from web.pages import refused, static
from workers.domain.action import Filtered
from workers.domain.delivery import State
from workers.domain.errors import Forged, Refused
from workers.ports.reading import AttemptHistory, BatchView, PersonHistory, RecipientRow

ROOT = UUID("00000000-0000-4000-8000-000000000000")
NAMES = ("Zoë Ångström", "Mari Maasikas", "Jüri Tamm", "Anna-Liisa von Hohenzollern-Sigmaringen")
BODY = "Hi {{ person.first_name }}, our Tallinn office moves to Telliskivi 60 on Monday. Same door code. Mari"
CONFIRMED: dict[str, Any] = {
    "confirmed_at": NOW - timedelta(minutes=2),
    "not_before": NOW - timedelta(minutes=1, seconds=50),
    "send_by": NOW + timedelta(hours=4),
    "first_claim_at": NOW - timedelta(minutes=1, seconds=49),
}
LEFT_OUT = ("no_number", "landline", "landline", "gone", "opted_out", "same_number", "two_numbers")


def people(**states: int) -> list[RecipientRow]:
    """So many people in each state, with reasons where a state has one."""
    rows: list[RecipientRow] = []
    for state, count in states.items():
        for at in range(count):
            number = len(rows) + 1
            name = NAMES[number % 4] if number % 3 else f"Person {number}"
            reason = {
                "skipped": LEFT_OUT[at % len(LEFT_OUT)],
                "failed": ("21211", "21614")[at % 2],
                "undelivered": ("30003", "30006")[at % 2],
            }.get(state)
            bare = {"number": None, "label": ""} if reason in {"no_number", "gone"} else {}
            rows.append(a_row(number, name=name, state=State(state), reason=reason, **bare))
    return rows


def scenes() -> dict[str, tuple[BatchView, list[RecipientRow]]]:
    """A batch in every mood, by name."""
    moving = people(delivered=23, sent=9, accepted=6, sending=2, ready=12, unconfirmed=1, skipped=9)
    held = people(ready=41, skipped=9)
    paused = people(delivered=23, sent=3, ready=12, failed=2, skipped=9)
    ended = people(delivered=34, undelivered=3, failed=2, unconfirmed=2, skipped=9)
    found = people(ready=41, pending=120, skipped=9)
    late = [replace(row, next_look_at=NOW + timedelta(minutes=15)) for row in ended]
    listed = Filtered("filter", 7)

    def one(rows: Sequence[RecipientRow], **given: Any) -> tuple[BatchView, list[RecipientRow]]:
        known = {"body": BODY, "selection": listed, "source_name": "Customers in Tallinn"}
        return a_batch(rows, **{**known, **given}), list(rows)

    hold = {**CONFIRMED, "first_claim_at": None, "not_before": NOW + timedelta(seconds=9)}
    by_mari = {"paused_at": NOW, "pause_reason": "person", "paused_by_name": "Mari Maasikas"}
    account = {"paused_at": NOW, "pause_reason": "account", "pause_code": "20003"}
    return {
        "resolving": one(found, resolved_at=None, total=3200, body=""),
        "budget": one(
            found,
            resolved_at=None,
            total=None,
            resolve_not_before=NOW + timedelta(hours=8),
            resolve_wait_reason="pipedrive_budget",
        ),
        "draft": one(held),
        "draft-empty": one(held, body=""),
        "draft-problem": one(held, body="Hi {{ person.first_nam }}"),
        "draft-unicode": one(held, body="Zażółć {{ organization.name }} " + "jaźń " * 30),
        "draft-everyone": one(held, selection=Filtered("everyone")),
        "hold": one(held, **hold),
        "sending": one(moving, looking=1, **CONFIRMED),
        "paused": one(paused, **CONFIRMED, **by_mari),
        "paused-account": one(paused, **CONFIRMED, **account),
        "paused-late": one(paused, **{**CONFIRMED, "send_by": NOW - timedelta(minutes=1)}),
        "delivering": one(late, looking=3, **CONFIRMED),
        "settled": one(ended, **CONFIRMED),
        "all-delivered": one(people(delivered=41), **CONFIRMED),
        "canceled": one(
            people(delivered=20, canceled=21, skipped=2),
            **CONFIRMED,
            canceled_at=NOW,
            canceled_by_name="Mari Maasikas",
        ),
        "refused": one((), resolved_at=None, refused_reason="too_many", total=None),
        "nobody": one(people(skipped=7), body=""),
    }


def a_history(view: BatchView, row: RecipientRow) -> PersonHistory:
    """A person whose text was accepted and reported on."""
    attempt = AttemptHistory(
        attempt_id=uuid5(ROOT, f"attempt {row.id}"),
        state=row.state.value if row.state is not State.READY else "accepted",
        number=row.number or "",
        sender="+37255500001",
        started_at=NOW - timedelta(minutes=1),
        sid="SM" + "0123456789abcdef" * 2,
        http_status=201,
        error_code=row.reason,
        request_id="RQ" + "ab" * 16,
        worker="web-1/31",
        looks=1,
        next_look_at=None,
        receipts=(
            (NOW, "sent", "", "callback"),
            (NOW, row.state.value, row.reason or "", "look-up"),
        ),
    )
    fields = {"person": {"first_name": row.name.split()[0]}}
    return PersonHistory(view.id, view.user_name, BODY, fields, NOW, row, (attempt,))


def gallery(door: Door | None = None) -> tuple[Starlette, Ledger, dict[str, str]]:
    """The app over sample data, its ledger, and each scene's address."""
    ledger, addresses = Ledger(), {}
    for name, (view, rows) in scenes().items():
        view = ledger.keep(replace(view, id=uuid5(ROOT, name)), rows)
        addresses[name] = f"/batches/{view.id}"
    settled = ledger.views[uuid5(ROOT, "settled")]
    ledger.histories = [
        a_history(settled, row) for row in ledger.rows[settled.id] if row.id in {1, 35, 38}
    ]
    return an_app(ledger, door or Door((REP, ADMIN))), ledger, addresses


def an_app(ledger: Ledger, door: Door) -> Starlette:
    """Our routes with refusals as pages; the door's own guards are `web.app`'s."""

    async def forged(request: Request) -> Response:
        raise Forged(
            "forged", "This link wasn't made by Pipedrive.", "Open the list in Pipedrive again."
        )

    def shown(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return refused(request, error)

    routes = [*home.routes, *batches.routes, *controls.routes, *support.routes, static]
    handlers: dict[Any, Callable[[Request, Exception], Response]] = {Refused: shown}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.add_route("/forged", forged)
    app.state.runtime = a_runtime(ledger, door)
    return app


if __name__ == "__main__":
    app, _, addresses = gallery()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8123
    for name, address in addresses.items():
        print(f"http://127.0.0.1:{port}{address}  {name}")
    uvicorn.run(app, port=port, log_level="warning")
