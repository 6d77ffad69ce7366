"""Serves every mood of the page with sample data: `python -m tests.gallery [port]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from tests.builders_batches import ADMIN, NOW, REP, a_batch, a_row
from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.gallery_rails import asleep, capped, sleeping, stand_in_the_way
from web import batches, controls, drafts, editing, home, support
from web.pages import refused, static
from workers.domain.action import Chosen, Filtered
from workers.domain.bill import Bill
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
LEFT_OUT = ("no_number", "landline", "unticked", "gone", "opted_out", "same_number", "two_numbers")
PHONES = (
    {"value": "5123 0007", "label": "mobile", "number": "+37251230007", "reason": None},
    {"value": "+372 5123 9999", "label": "private", "number": "+37251239999", "reason": None},
    {"value": "612 3456", "label": "work", "number": None, "reason": "landline"},
)


def people(**states: int) -> list[RecipientRow]:
    """So many people in each state, with reasons where a state has one."""
    rows: list[RecipientRow] = []
    for state, count in states.items():
        for at in range(count):
            number = len(rows) + 1
            name = NAMES[number % 4] if number % 3 else f"Person {number}"
            reason = {
                "skipped": LEFT_OUT[at % len(LEFT_OUT)],
                "failed": ("21211", "21614", "21610", "30034")[at % 4],
                "undelivered": ("30003", "30006", "30008")[at % 3],
            }.get(state)
            bare: dict[str, Any] = (
                {"number": None, "label": ""} if reason in {"no_number", "gone"} else {}
            )
            more = {"number": PHONES[0]["number"], "numbers": PHONES} if number in {7, 36} else bare
            more |= {"same_as": "Jüri Tamm"} if reason == "same_number" else {}
            rows.append(a_row(number, name=name, state=State(state), reason=reason, **more))
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
        "draft-typographic": one(
            [*held, a_row(90, name="Zoë")], body="“Hi” {{ person.last_name }} – it’s " + "us " * 60
        ),
        "draft-replaced": one(held, body='"Hi" it\'s us', set_aside="“Hi” it’s us " + "and " * 40),
        "draft-long": one(held, body="Tere, {{ person.name }}! " + "Õhtust ööd 😀 " * 40),
        "draft-turned": one(held, body="שלום {{ person.first_name }}, נתראה מחר"),
        "draft-crossed": one(held),
        "draft-everyone": one(held, selection=Filtered("everyone")),
        "draft-asleep": one(held),
        "draft-follow-up": one(people(ready=12), follows=uuid5(ROOT, "canceled")),
        "draft-three": one(people(ready=2, skipped=1), selection=Chosen((1, 2, 3))),
        "draft-huge": one(people(ready=9_800, skipped=200)),
        "gate": one(
            found,
            resolved_at=None,
            total=3200,
            resolve_not_before=NOW + timedelta(minutes=20),
            resolve_wait_reason="pipedrive_gate",
        ),
        "throttled": one(moving, **{**CONFIRMED, "back_off_until": NOW + timedelta(minutes=3)}),
        "restored": one(paused, **CONFIRMED, paused_at=NOW, pause_reason="restored"),
        "sending-huge": one(
            people(delivered=6_000, sent=900, accepted=400, sending=50, ready=2_500, skipped=150),
            **CONFIRMED,
        ),
        "settled-three": one(people(delivered=2, failed=1), **CONFIRMED),
        "settled-huge": one(people(delivered=9_300, undelivered=300, failed=400), **CONFIRMED),
        "hold": one(held, **hold),
        "sending": one(moving, looking=1, **CONFIRMED),
        "asleep": one(sleeping(moving), **asleep(moving, CONFIRMED)),
        "capped": one(moving, **capped(CONFIRMED)),
        "paused": one(paused, **CONFIRMED, **by_mari),
        "paused-account": one(paused, **CONFIRMED, **account),
        "paused-late": one(paused, **{**CONFIRMED, "send_by": NOW - timedelta(minutes=1)}),
        "delivering": one(late, looking=3, **CONFIRMED),
        "settled": one(ended, **CONFIRMED),
        "all-delivered": one(people(delivered=41), **CONFIRMED),
        "failed": one(people(delivered=120, undelivered=9, failed=12, skipped=5), **CONFIRMED),
        "unregistered": one(
            [replace(row, reason="30034") for row in people(failed=200)], **CONFIRMED
        ),
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
    stand_in_the_way(ledger, uuid5(ROOT, "draft-crossed"))
    ledger.zones_of[uuid5(ROOT, "draft-asleep")] = {"Europe/Tallinn": 10, "Asia/Tokyo": 31}
    settled = ledger.views[uuid5(ROOT, "settled")]
    usd = {"USD": Decimal("0.3075")}
    ledger.bills = {
        settled.id: Bill(39, 31, {"USD": Decimal("0.24")}, is_open=True, settled_at=NOW),
        uuid5(ROOT, "all-delivered"): Bill(41, 41, usd, settled_at=NOW),
    }
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

    routes = [
        *home.routes,
        *batches.routes,
        *controls.routes,
        *editing.routes,
        *support.routes,
        static,
    ]
    handlers: dict[Any, Callable[[Request, Exception], Response]] = {Refused: shown}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.add_route("/forged", forged)
    app.state.runtime = a_runtime(ledger, door)
    app.state.answers, app.state.previews = batches.answers(), drafts.previews()
    return app


if __name__ == "__main__":
    app, _, addresses = gallery()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8123
    for name, address in addresses.items():
        print(f"http://127.0.0.1:{port}{address}  {name}")
    uvicorn.run(app, port=port, log_level="warning")
