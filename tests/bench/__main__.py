"""`python -m tests.bench`: what handing over, polling, receipts and finding people cost here, in one run.

What is measured has the last core for itself; the stub, PostgreSQL and Valkey share the first.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench import door, growth, handover, resolution, rivals, watched
from tests.bench.figures import Figures, middle
from tests.bench.ground import Ground, Stub, a_ground, a_stub
from tests.bench.table import Table
from tests.fleet import Fleet
from workers.store.paces import FRESH_SECONDS

RAW, VOLLEY = "raw loop, renders and encodes", "Volley's worker"


def main(arguments: list[str] | None = None) -> int:
    """0 = everything was measured, or said why not."""
    given = _arguments().parse_args(arguments)
    table = Table()
    with a_ground() as ground:
        for section in given.only or SECTIONS:
            print(f"\n{section}", flush=True)
            SECTIONS[section](table, ground, given.people, given.runs)
    table.write(given.json)
    print(f"\n{given.json}")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--people", type=int, default=5_000, help="texts in a run")
    parser.add_argument("--runs", type=int, default=3, help="the middle of so many is told")
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS))
    default = Path(tempfile.gettempdir()) / "volley-bench.json"
    parser.add_argument("--json", type=Path, default=default)
    return parser


def at_once(table: Table, ground: Ground, people: int, runs: int) -> None:
    """Twilio answers at once."""
    with a_stub(latency=0) as stub:
        _beside(table, ground, stub, people, runs, " at 0 ms")
        table.add("encoded beforehand", handover.loop("encoded", stub, people))
        few = max(50, people // 5)
        table.add("Twilio SDK, 64 threads", handover.loop("sdk", stub, few, 64))
        table.add("Dramatiq, an SDK message a person", rivals.dramatiq(ground, stub, few))
        try:
            table.add("Celery prefork, SDK", rivals.celery(ground, stub, few))
        except rivals.NotInstalled as error:
            table.skip("Celery prefork, SDK", str(error))
    mine = f"{VOLLEY} at 0 ms"
    for rival in (f"{RAW} at 0 ms", "Celery prefork, SDK", "Dramatiq, an SDK message a person"):
        table.ratio(f"to {rival}", of=mine, to=rival, figure="a core-second")


def far_away(table: Table, ground: Ground, people: int, runs: int) -> None:
    """Twilio answers after 100 ms."""
    with a_stub(latency=100) as stub:
        _beside(table, ground, stub, people, runs, " at 100 ms")
    table.ratio(
        "to the raw loop", of=f"{VOLLEY} at 100 ms", to=f"{RAW} at 100 ms", figure="a second"
    )


def _beside(table: Table, ground: Ground, stub: Stub, people: int, runs: int, where: str) -> None:
    """The raw loop and Volley in turn, so that whatever else the machine does meets both."""
    raw: list[Figures] = []
    ours: list[Figures] = []
    with ground.running("worker", TWILIO_URL=stub.url) as fleet:
        handover.volley(ground, fleet, stub, 20)
        for _ in range(runs):
            raw.append(handover.loop("raw", stub, people))
            ours.append(handover.volley(ground, fleet, stub, people))
    table.add(RAW + where, middle(raw))
    table.add(VOLLEY + where, middle(ours))


def first(table: Table, ground: Ground, people: int, runs: int) -> None:
    """From Send until the first text is on the wire, nothing else to do."""
    with a_stub(latency=0) as stub, ground.running("web", "worker", TWILIO_URL=stub.url):
        times = sorted(handover.first_post(ground, stub) for _ in range(max(3, runs * 3)))
    table.add("Send to first text", {"median ms": times[len(times) // 2], "most ms": times[-1]})


def grown(table: Table, ground: Ground, people: int, runs: int) -> None:
    """Ten times as many, twice; the tenth once more, so that a machine that got busy is noticed."""
    few, most = f"{people * 2:,}", f"{people * 20:,}"
    with a_stub(latency=0) as stub, ground.running("web", "worker", TWILIO_URL=stub.url) as fleet:
        for many, when in (
            (people // 5, ""),
            (people * 2, ""),
            (people * 20, ""),
            (people * 2, ", again"),
        ):
            table.add(f"{many:,} people{when}", growth.texts(ground, fleet, stub, many))
            table.add(f"{many:,} receipts{when}", growth.receipts(ground, fleet, stub))
    for what in ("people", "receipts"):
        for when in ("", ", again"):
            for figure in ("a second", "a core-second"):
                of, to = f"{most} {what}", f"{few} {what}{when}"
                table.ratio(f"{figure}, to {to}", of=of, to=to, figure=figure)


def at_the_door(table: Table, ground: Ground, people: int, runs: int) -> None:
    """Polls, link actions and receipts."""
    table.add("bare page", door.bare_hello(ground, people))
    table.add("bare signed form", door.bare_receipts(ground, people))
    with ground.running("web", MAX_DRAFTS_A_MINUTE="1000000") as fleet:
        web, port = fleet.running["web"].pid, int(ground.environment["PORT"])

        def hit(name: str, requests: list[str], *, expected: int, connections: int = 16) -> None:
            table.add(
                name,
                door.hammer(
                    ground, port, requests, web=web, connections=connections, expected=expected
                ),
            )

        some = max(20, people // 10)
        hit("link action, 100 people", [door.click(n, 100) for n in range(some)], expected=303)
        hit(
            "link action, 10,000 people",
            [door.click(n, 10_000) for n in range(max(2, some // 20))],
            expected=303,
        )
        for many in (people * 2, people * 20):
            batch_id = ground.draft(many)
            ground.confirm(batch_id)
            fresh, known = door.polls(ground, batch_id)
            hit(f"poll of {many:,}", [fresh] * some, expected=200)
            hit(f"poll of {many:,}, nothing new", [known] * some * 3, expected=304)
        draft = ground.draft(people * 2)
        time.sleep(FRESH_SECONDS + 0.5)  # it says who waits before it, as it was known so long ago
        _, known = door.polls(ground, draft)
        hit("poll of a draft, nothing new", [known] * some, expected=304)
        seconds = 20 if people > 1_000 else 1
        for many in (people * 2, people * 20):
            table.add(f"200 pages of {many:,}", watched.watched(ground, web, many, seconds=seconds))
        table.add("200 browsers, a bare page", watched.bare(seconds=seconds))
        attempts = door.accepted(ground, people)
        told = [door.receipt(ground, attempt, sid, "delivered") for attempt, sid in attempts]
        hit("receipts", told, expected=204, connections=100)
    table.ratio(
        "receipts to the bare form", of="receipts", to="bare signed form", figure="a core-second"
    )


def found(table: Table, ground: Ground, people: int, runs: int) -> None:
    """Finding people, Pipedrive 50 ms away with the limits of a plan."""
    with (
        resolution.a_pipedrive(people * 20) as pipedrive,
        ground.running("worker", PIPEDRIVE_URL=pipedrive.url) as fleet,
    ):
        resolution.let_in(ground)
        resolution.warm(ground, fleet, pipedrive)
        for many in (people // 5, people * 2, people * 20):
            _found_on(table, ground, fleet, pipedrive, many, "Premium")
        for plan in ("Growth", "Lite"):
            _found_on(table, ground, fleet, pipedrive, people * 2, plan)


def _found_on(
    table: Table,
    ground: Ground,
    fleet: Fleet,
    pipedrive: resolution.Pipedrive,
    many: int,
    plan: str,
) -> None:
    """The same people merely read, by a filter, and picked."""
    told = f"{many:,} people, {plan}"
    pipedrive.people, pipedrive.limit = many, resolution.LIMITS[plan]
    table.add(f"{told}: pages in sequence", resolution.in_sequence(pipedrive))
    table.add(f"{told}: by filter", resolution.filtered(ground, fleet, pipedrive))
    if many > resolution.MOST_PICKED:
        table.skip(f"{told}: picked", "a link action takes no more by hand")
    else:
        table.add(f"{told}: picked", resolution.picked(ground, fleet, pipedrive))
    of, to = f"{told}: by filter", f"{told}: pages in sequence"
    table.ratio(f"{told}: filter to sequence", of=of, to=to, figure="seconds")


SECTIONS: Mapping[str, Callable[[Table, Ground, int, int], None]] = {
    "at-once": at_once,
    "far-away": far_away,
    "first": first,
    "door": at_the_door,
    "growth": grown,
    "found": found,
}

if __name__ == "__main__":
    raise SystemExit(main())
