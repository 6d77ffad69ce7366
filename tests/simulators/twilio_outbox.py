"""The outbox: a row of phones with the texts on them, and a panel that makes Twilio misbehave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.simulators.twilio_rules import WORDS
from tests.simulators.twilio_texts import Text
from tests.simulators.twilio_world import World

HERE = Path(__file__).parent
PHONES_SHOWN, TEXTS_SHOWN = 60, 6
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
LOGIN_REFUSED, UNREGISTERED = (401, 20003), (201, 30034)
MARKS = {
    "accepted": "○",
    "queued": "◔",
    "sent": "◑",
    "delivered": "✓",
    "read": "✓",
    "undelivered": "✕",
    "failed": "✕",
}

pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)


@dataclass(frozen=True, slots=True)
class Phone:
    """One number's screen: its newest texts, how many more there are, and whether any repeats."""

    number: str
    whose: str
    texts: list[Text]
    earlier: int
    repeats: bool


# ---------------------------------------------------------------- endpoints


async def outbox(request: Request) -> Response:
    world: World = request.app.state.world
    await world.phonebook.learn(world.by_number)
    page = pages.get_template("twilio_outbox.html").render(**seen(world))
    return Response(page, media_type="text/html", headers=HEADERS)


async def phones(request: Request) -> Response:
    """The part of the page that changes; 304 while it does not."""
    world: World = request.app.state.world
    tag = f'"{world.version}-{world.held}-{world.waiting_faults}-{world.account_fault}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    await world.phonebook.learn(world.by_number)
    part = pages.get_template("twilio_phones.html").render(**seen(world))
    return Response(part, media_type="text/html", headers={**HEADERS, "ETag": tag})


async def control(request: Request) -> Response:
    """A button of the panel, or a chaos run turning a knob of another process."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return Response("Only from this page.", 403)
    form = await request.form()
    knob = KNOBS.get(str(form.get("do")))
    if knob is None:
        return Response(f"Knobs: {', '.join(KNOBS)}", 400)
    world: World = request.app.state.world
    knob(world, _number(str(form.get("value", ""))))
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(summary(world))
    return RedirectResponse("/", 303)


async def world_json(request: Request) -> Response:
    return JSONResponse(summary(request.app.state.world))


async def asset(request: Request) -> Response:
    return FileResponse(HERE / request.url.path.rpartition("/")[2], headers=HEADERS)


ROUTES = [
    Route("/", outbox),
    Route("/phones", phones),
    Route("/control", control, methods=["POST"]),
    Route("/world.json", world_json),
    Route("/twilio_outbox.css", asset),
    Route("/twilio_outbox.js", asset),
]

# ---------------------------------------------------------------- knobs


def _well_again(world: World, _: float) -> None:
    world.account_fault, world.latency = None, 0.0
    world.faults.clear()
    world.release_callbacks()


def _set(name: str, value: Any) -> Callable[[World, float], None]:
    return lambda world, _: setattr(world, name, value)


KNOBS: dict[str, Callable[[World, float], None]] = {
    "refuse login": _set("account_fault", LOGIN_REFUSED),
    "unregistered": _set("account_fault", UNREGISTERED),
    "no account fault": _set("account_fault", None),
    "throttle": lambda world, times: world.throttle(int(times) or 10),
    "lose answers": lambda world, times: world.reset_next(int(times) or 3),
    "error after accept": lambda world, times: world.error_after_accept(int(times) or 3),
    "hang": lambda world, times: world.hang_next(int(times) or 1),
    "fail": lambda world, times: world.fail_next(503, 20503, int(times) or 3),
    "hold": lambda world, _: world.hold_callbacks(),
    "release": lambda world, _: world.release_callbacks(),
    "latency": lambda world, ms: setattr(world, "latency", min(max(ms, 0), 60_000) / 1000),
    "list lag": lambda world, seconds: setattr(world, "list_lag", seconds),
    "lose receipts": lambda world, share: setattr(world, "lose", share),
    "double receipts": lambda world, share: setattr(world, "double", share),
    "well again": _well_again,
}


def _number(written: str) -> float:
    return float(written) if written.replace(".", "", 1).isdecimal() else 0.0


# ---------------------------------------------------------------- what is shown


def seen(world: World) -> dict[str, Any]:
    """Everything the page's template reads."""
    return {
        "world": world,
        "phones": [_phone(world, *each) for each in islice(_newest(world), PHONES_SHOWN)],
        "others": max(len(world.by_number) - PHONES_SHOWN, 0),
        "counts": Counter(text.status for text in world.texts.values()),
        "marks": MARKS,
        "words": WORDS,
        "clock": _clock,
        "login_refused": world.account_fault == LOGIN_REFUSED,
        "unregistered": world.account_fault == UNREGISTERED,
    }


def _newest(world: World) -> Any:
    return reversed(world.by_number.items())


def _phone(world: World, number: str, texts: list[Text]) -> Phone:
    bodies = Counter(text.body for text in texts)
    newest = texts[: -TEXTS_SHOWN - 1 : -1]
    repeats = max(bodies.values()) > 1
    return Phone(number, world.phonebook.name(number), newest, len(texts) - len(newest), repeats)


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%H:%M:%S")


def summary(world: World) -> dict[str, Any]:
    """The account in numbers, for a program in another process."""
    return {
        "accepted": len(world.texts),
        "statuses": Counter(text.status for text in world.texts.values()),
        "concurrent": world.concurrent,
        "concurrent_max": world.concurrent_max,
        "faults_waiting": world.waiting_faults,
        "holding": world.holding,
        "held": world.held,
        "told": len(world.poster.told),
        "unanswered": sum(told.answer // 100 != 2 for told in world.poster.told),
    }
