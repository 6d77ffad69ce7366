"""R7, R8: a worker whose clock is wrong, and one that is stopped and woken, beside a normal one."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

from tests.chaos.audit import ask, closed, finished, until_quiet
from tests.chaos.scene import Scene
from tests.chaos.trial import Figures, Trial
from tests.servers import wait_until
from workers.domain.attempt import made_at

#: Debian's `faketime`; its monotonic clocks stay true, as on a machine whose wall clock jumped.
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
SKEWS = ("+70s", "-70s", "+1d")


def skewed(trial: Trial, *, people: int = 1_500) -> Figures:
    """R7: each wrong clock has a worker beside the right one; leases go by the database's."""
    assert FAKETIME.exists(), "apt-get install faketime"
    with trial.scene(people=people, twilio="--latency 0.5") as scene:
        right = scene.fleet.commands["worker"]
        for skew in SKEWS:
            wrong = f"env LD_PRELOAD={FAKETIME} FAKETIME={skew} FAKETIME_DONT_FAKE_MONOTONIC=1"
            scene.fleet.commands[f"worker {skew}"] = f"{wrong} {right}"
        batch, ready = scene.everybody()
        scene.fleet.start(*(f"worker {skew}" for skew in SKEWS))
        wait_until(lambda: scene.fleet.printed().count("ready for action") > len(SKEWS), seconds=30)
        scene.send(batch)
        until_quiet(scene, batch, seconds=90)
        books = closed(scene, batch)
        shares = _shares(scene)
        assert books.counts["delivered"] == ready, books.counts
        assert set(shares) == {0, 70, -70, 86_400}, f"whose clock was wrong by how much: {shares}"
    return {"people": ready, "clocks": ", ".join(SKEWS), "texts by seconds it was wrong": shares}


def stopped(trial: Trial, *, people: int = 1_000, seconds: float = 90) -> Figures:
    """R8: SIGSTOP in the middle, SIGCONT long after its claims were given up."""
    with trial.scene(people=people, twilio="--latency 0.2") as scene:
        scene.fleet.commands["worker-2"] = scene.fleet.commands["worker"]
        batch, ready = scene.everybody_sent()
        scene.until_texts(100)
        victim = scene.fleet.running["worker"].pid
        os.killpg(victim, signal.SIGSTOP)
        stopped_at = time.monotonic()
        scene.fleet.start("worker-2")
        time.sleep(seconds)  # so long the worker stands still
        texts = scene.oracle.texts()
        os.killpg(victim, signal.SIGCONT)
        slept = time.monotonic() - stopped_at
        time.sleep(3)  # it says that it sent none of its old claims: they wait again
        until_quiet(scene, batch, seconds=60)
        books = closed(scene, batch)
        assert texts > ready / 2, f"the other worker sent only {texts}"
        unknown = books.counts["unconfirmed"]
        assert unknown <= 20 + 50, unknown  # what was on the wire, and one claim
        assert finished(scene, batch).counts["delivered"] == ready
    return {
        "people": ready,
        "stopped for (s)": round(slept, 1),
        "texted meanwhile by the other": texts,
        "unconfirmed, then sent anyway": unknown,
    }


def _shares(scene: Scene) -> dict[int, int]:
    """Texts by how many seconds the worker's clock was wrong: an attempt's id begins with its time."""
    rows = ask(scene, "SELECT id, started_at FROM attempts")
    made = [(made_at(attempt_id), started_at) for attempt_id, started_at in rows]
    wrong = [
        (by_worker - by_database).total_seconds() for by_worker, by_database in made if by_worker
    ]
    return dict(Counter(round(seconds, -1) for seconds in map(int, wrong)))
