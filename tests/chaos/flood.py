"""R12: receipts in a flood, doubled, out of order, and before anybody knows of their text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.chaos.audit import ask, closed
from tests.chaos.gate import PASS, Judge, Verdict
from tests.chaos.scene import Scene
from tests.chaos.trial import Figures, Trial
from tests.flood import signed
from tests.servers import free_port, wait_until

#: Of a text: `sent`, its end, and one of both once more.
EACH = 3
#: Receipts of neighbours among so many texts may change places.
MIXED = 60
#: Twilio's own patience (twilio.md §3).
LONGEST_MS = 15_000
#: So many texts are still on the wire when their receipts come, and this part lost their answer.
ON_THE_WIRE, LOST = 10, 0.1

Receipt = tuple[dict[str, Any], str]  # the oracle's line of its text, and the status
_UNKNOWN = "SELECT count(*) FROM attempts WHERE sid IS NULL"
_SENDING = "SELECT count(*) FROM recipients WHERE state = 'sending'"
_KEPT = "SELECT sid, status FROM receipts WHERE source = 'callback'"


def flooded(trial: Trial, *, rate: int = 2_000, seconds: int = 10) -> Figures:
    """R12: so many receipts a second for two web processes: none is refused, none is lost."""
    people = rate * seconds // EACH
    with trial.scene(
        people=people,
        judge=_judge(trial.luck, people),
        twilio="--no-callbacks",
        LOOKUPS="10m",
        SILENCE="10m",
        TWILIO_TIMEOUT=str(seconds + 3),
        CLAIM_SECONDS=str(seconds + 20),
    ) as scene:
        ports = _two_doors(scene)
        batch, ready = scene.everybody_sent()
        scene.until_texts(ready, seconds=300)
        wait_until(lambda: _count(scene, _SENDING) <= ON_THE_WIRE, what="the answers")
        early = _count(scene, _UNKNOWN)
        assert early, "no receipt comes before its text's answer"
        receipts = _receipts(scene.oracle.accepted(), trial.luck)
        told = _pour(trial, [_signed(scene, *one) for one in receipts], rate, ports)
        assert told["statuses"] == {"204": len(receipts)}, told
        assert told["longest ms"] < LONGEST_MS, told
        kept = {(text["sid"], status) for text, status in receipts}
        assert set(ask(scene, _KEPT)) == kept, "a receipt that was answered is not in the ledger"
        assert not _count(scene, _UNKNOWN), "a receipt did not say which text it is of"
        wait_until(lambda: not _count(scene, _SENDING), seconds=30, what="the last answers")
        ends = Counter(status for _, status in kept if status != "sent")
        assert closed(scene, batch).counts.items() >= ends.items()
        assert sum(ends.values()) == ready
    figures = {name: round(figure) for name, figure in told.items() if name != "statuses"}
    return {"receipts": len(receipts), "texts": ready, "before an answer": early, **figures}


def _judge(luck: Random, people: int) -> Judge:
    """Some answers get lost; some of the last ones are still awaited when the receipts come."""
    hanging = [Verdict(upto=0, end="hang")] * ON_THE_WIRE
    asked = 0

    def judge(to: str) -> Verdict:
        nonlocal asked
        asked += 1
        if hanging and asked > people * 0.8 and luck.random() < 0.5:
            return hanging.pop()
        return PASS if luck.random() > LOST else Verdict(upto=0, end="close")

    return judge


def _two_doors(scene: Scene) -> tuple[int, int]:
    """Ports of two web processes."""
    second = free_port()
    scene.fleet.commands["second web"] = f"env PORT={second} {scene.fleet.commands['web']}"
    scene.fleet.start("second web")
    wait_until(is_open(f"http://127.0.0.1:{second}/readyz"), seconds=30, what="the second door")
    return int(urlsplit(scene.rep.url).port or 0), second


def is_open(url: str) -> Callable[[], bool]:
    def look() -> bool:
        try:
            return httpx.get(url, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    return look


def _receipts(texts: Sequence[dict[str, Any]], luck: Random) -> list[Receipt]:
    """Every text's receipts, near to those of its neighbours and in no order."""
    placed: list[tuple[float, Receipt]] = []
    for place, text in enumerate(texts):
        end = "undelivered" if luck.random() < 0.1 else "delivered"
        for status in ("sent", end, luck.choice(("sent", end))):
            placed.append((place + luck.uniform(0, MIXED), (text, status)))
    return [receipt for _, receipt in sorted(placed, key=lambda one: one[0])]


def _signed(scene: Scene, text: dict[str, Any], status: str) -> str:
    """As Twilio posts it."""
    environment = scene.fleet.environment
    form = {
        "AccountSid": environment["TWILIO_ACCOUNT_SID"],
        "ApiVersion": "2010-04-01",
        "From": environment["TWILIO_FROM"],
        "MessageSid": text["sid"],
        "MessageStatus": status,
        "SmsSid": text["sid"],
        "SmsStatus": status,
        "To": text["to"],
        **({"ErrorCode": "30003"} if status == "undelivered" else {}),
    }
    url = text["status_callback"].partition("#")[0]
    token = environment["TWILIO_AUTH_TOKEN"]
    return signed(url, form, origin=scene.rep.url, token=token)


def _pour(trial: Trial, requests: Sequence[str], rate: int, ports: Sequence[int]) -> dict[str, Any]:
    """What the driver says, which is a process of its own."""
    prepared = trial.folder / "receipts.jsonl"
    prepared.write_text("\n".join(map(json.dumps, requests)))
    command = [sys.executable, "-m", "tests.flood", str(prepared), str(rate), *map(str, ports)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _count(scene: Scene, sql: str) -> int:
    return int(ask(scene, sql)[0][0])
