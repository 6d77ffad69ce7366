"""R1 and R2: workers killed at random moments, and at every named point of a text's way."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

from tests.chaos.audit import ask, closed, finished, found_late, is_all_shown, until_quiet
from tests.chaos.gate import PASS, Verdict
from tests.chaos.scene import Scene
from tests.chaos.trial import Figures, Trial
from tests.servers import wait_until

NAIVE = f"{sys.executable} -m tests.chaos.naive"
#: So many more texts leave than were waited for.
OVERSHOOT = 20
WORKER_AT = (
    f"{Path(sys.executable).parent}/dramatiq tests.chaos.worker_at:broker --processes 1 --threads 8"
)


def killed_at_random(trial: Trial, *, people: int = 10_500, kills: int = 200) -> Figures:
    """R1: two worker groups, one or the other (or both) killed at random moments, the watch too."""
    with trial.scene(people=people, twilio="--latency 0.05 --lose 0.5") as scene:
        scene.fleet.commands["worker-2"] = scene.fleet.commands["worker"]
        batch, ready = scene.everybody()
        scene.fleet.start("worker-2")
        begun = time.monotonic()
        scene.send(batch)
        killed = kill_around(scene, batch, ("worker", "worker-2"), kills=kills)
        last = time.monotonic()
        left = scene.rep.progress(batch)["counts"].get("ready", 0)
        wait_until(lambda: is_all_shown(scene, batch), seconds=60, every=0.2)
        shown = time.monotonic()
        until_quiet(scene, batch, seconds=120)  # of the others nobody knows before all look-ups
        quiet = time.monotonic()
        books = closed(scene, batch)
        unknown = books.counts["unconfirmed"]
        late = found_late(scene)
        # at most what was on the wire and one claim that was just made, in each killed process
        assert unknown + sum(late.values()) <= killed * (20 + 50)
        books = finished(scene, batch)
        assert books.counts["delivered"] == ready, books.counts
        scene.fleet.kill("worker-2")
        return {
            "people": ready,
            "kills": killed,
            "seconds": round(quiet - begun, 1),
            "ready at the last kill": left,
            "all shown, seconds after the last kill": round(shown - last, 1),
            "look-ups ended, after it": round(quiet - last, 1),
            "twice": 0,
            "lost": 0,
            "answers lost": sum(late.values()),
            **late,
            "unconfirmed, then sent anyway": unknown,
        }


def kill_around(scene: Scene, batch: str, workers: tuple[str, ...], *, kills: int) -> int:
    """Kills at random moments: some while a worker boots, most while texts are on the wire.

    As many people pass from one to the next as let the last kill find a few who still wait.
    """
    done = 0
    while done < kills:
        if scene.luck.random() < 0.15:
            time.sleep(scene.luck.uniform(0, 1.5))  # the moment of the kill
        else:
            ready = scene.rep.progress(batch)["counts"].get("ready", 0)
            # behind one kill the other worker goes on, or the new one, until the next moment comes
            share = max(2, int(1.6 * ready / (kills - done)) - OVERSHOOT)
            scene.pass_texts(scene.luck.randint(1, share), most=20)  # a slow machine boots in ten
        both = len(workers) > 1 and scene.luck.random() < 0.2
        for victim in workers if both else (scene.luck.choice(workers),):
            scene.fleet.kill(victim)
            scene.fleet.start(victim)
            done += 1
        if scene.luck.random() < 0.05:
            scene.fleet.kill("watch")
            scene.fleet.start("watch")
    return done


def naive_control(trial: Trial, *, people: int = 150) -> Figures:
    """The naive worker, killed once while a text is on the wire: this raises, or the suite does not bite."""
    toll = Toll()
    with trial.scene(people=people, judge=toll, twilio="--latency 0.05 --no-callbacks") as scene:
        batch, _ = scene.everybody()
        scene.fleet.kill("worker")  # the real one has found the people
        scene.fleet.commands["worker"] = NAIVE
        scene.fleet.start("worker")
        worker = scene.fleet.running["worker"]
        toll.worker, toll.left, toll.point = worker.pid, 3, "request_sent"
        scene.send(batch)
        wait_until(lambda: worker.poll() is not None, seconds=60, what="its end")
        scene.fleet.start("worker")
        until_quiet(scene, batch, seconds=60)
        closed(scene, batch)
    return {}


# ---------------------------------------------------------------- R2

#: What becomes of the people who were just at that point: (accepted by Twilio, state at the end).
ENDS: dict[str, tuple[int, str]] = {
    "claimed": (0, "unconfirmed"),
    "before_post": (0, "unconfirmed"),
    "request_begun": (0, "unconfirmed"),
    "request_sent": (1, "delivered"),
    "answer_begun": (1, "delivered"),
    "answer_sent": (1, "delivered"),
    "answered": (1, "delivered"),
    "before_record": (1, "delivered"),
    "recorded": (1, "delivered"),
}
#: At these nobody's text is on its way: everybody else's end is what counts.
NOBODYS = ("rung", "before_ack", "before_claim", "claim_open")
#: Claims and records come in groups: so many people pass until one of the first four is reached.
PEOPLE_FOR = {"rung": 100, "before_ack": 100, "claimed": 300, "before_record": 200, "recorded": 200}
AROUND_CLAIMS = (*NOBODYS, "claimed")
AROUND_POSTS = ("before_post", "request_begun", "request_sent", "answer_begun", "answer_sent")
AROUND_RECORDS = ("answered", "before_record", "recorded")
ON_THE_WIRE = {
    "request_begun": Verdict(forward=False, upto=0, end="close"),
    "request_sent": Verdict(upto=0, end="close"),
    "answer_begun": Verdict(upto=60, end="close"),
    "answer_sent": Verdict(),
}


class Toll:
    """The gate's judge: ends the worker while its n-th text is at a point on the wire."""

    def __init__(self) -> None:
        self.point, self.left, self.worker = "", 0, 0
        self.hit: list[tuple[str, str]] = []  # (point, number)

    def __call__(self, to: str) -> Verdict:
        verdict = ON_THE_WIRE.get(self.point)
        if verdict is None:
            return PASS
        self.left -= 1
        if self.left:
            return PASS
        self.hit.append((self.point, to))
        return Verdict(verdict.forward, None, verdict.upto, verdict.end, self._kill)

    def _kill(self) -> None:
        self.point = ""
        os.killpg(self.worker, signal.SIGKILL)


def killed_at_points(trial: Trial, *, points: Collection[str], times: int = 20) -> Figures:
    """R2: each of `points` so many times, in random order, one batch for all of them."""
    order = [*points] * times
    trial.luck.shuffle(order)
    toll, notes = Toll(), trial.folder / "notes.txt"
    people = sum(PEOPLE_FOR.get(point, 30) for point in order)
    with _stage(trial, toll, notes, people=people) as scene:
        batch, ready = scene.everybody()
        scene.send(batch)
        for point in order:
            _live_until(scene, toll, point)
        _begin(scene, toll, "")
        until_quiet(scene, batch, seconds=180)
        table = _ends(scene, toll, notes)
        assert set(table) == set(points) - {*NOBODYS}, f"points met: {sorted(table)}"
        closed(scene, batch)
        assert finished(scene, batch).counts["delivered"] == ready
    return {"kills": len(order), "people": ready, "twice": 0, "lost": 0, **table}


def _stage(trial: Trial, toll: Toll, notes: Path, *, people: int) -> AbstractContextManager[Scene]:
    return trial.scene(
        people=people,
        worker=WORKER_AT,
        judge=toll,
        twilio="--latency 0.02",
        POINT="none",
        POINT_HIT="1",
        POINT_NOTES=str(notes),
    )


def _begin(scene: Scene, toll: Toll, point: str) -> None:
    """A new worker in place of the old one, that will die at `point`."""
    if "worker" in scene.fleet.running:
        scene.fleet.kill("worker")
    # A ring comes once, a claim now and then, a text all the time.
    hit = 1 if point in NOBODYS else scene.luck.randint(1, 4)
    scene.fleet.environment |= {"POINT": point or "none", "POINT_HIT": str(hit)}
    scene.fleet.start("worker")
    toll.worker, toll.left = scene.fleet.running["worker"].pid, hit
    toll.point = point if point in ON_THE_WIRE else ""


def _live_until(scene: Scene, toll: Toll, point: str) -> None:
    _begin(scene, toll, point)
    if point in {"rung", "before_ack"}:
        scene.ring()
    worker = scene.fleet.running["worker"]
    wait_until(lambda: worker.poll() is not None, seconds=60, what=f"a worker's end at {point}")


def _ends(scene: Scene, toll: Toll, notes: Path) -> dict[str, object]:
    """Each point's people against what must become of them."""
    noted = [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []
    number_of = {
        attempt: (number, state)
        for attempt, number, state in ask(
            scene, "SELECT id, number, state FROM attempts ORDER BY started_at"
        )
    }
    by_number = {number: state for number, state in number_of.values()}
    hit = [(point, *number_of[UUID(attempt)]) for point, attempt in noted]
    hit += [(point, number, by_number[number]) for point, number in toll.hit]
    texted, wrong = scene.oracle.texted(), []
    for point, number, state in hit:
        end = (texted[number], state)
        if end != ENDS[point]:
            wrong.append((point, end))
    assert not wrong, f"not as the table says: {Counter(wrong)}"
    people = Counter(point for point, _, _ in hit)
    return {point: f"{n} people: {ENDS[point]}" for point, n in sorted(people.items())}
