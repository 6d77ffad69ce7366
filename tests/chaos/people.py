"""R15, R16, R20: buttons pressed at once or at random moments, and workers old and asked to stop."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.audit import closed, finished, until_quiet
from tests.chaos.scene import TEXT, Scene
from tests.chaos.trial import Figures, Trial
from tests.fleet import ROOT
from tests.rep import Rep

#: A second after the button's answer, and what a text needs from the last look at it to the wire.
HEEDED = 1.1


def pressed(trial: Trial, *, batches: int = 8, times: int = 25, each: int = 400) -> Figures:
    """R20: Pause and Go on at random moments, Stop at the end; several reps at once."""
    with trial.scene(people=batches * each, twilio="--latency 0.2") as scene:
        everyone = list(scene.pipedrive.people)
        own = [
            scene.chosen(everyone[first : first + each]) for first in range(0, batches * each, each)
        ]
        lucks = [Random(scene.luck.random()) for _ in own]
        with ThreadPoolExecutor(batches) as reps:
            late = list(
                reps.map(
                    lambda given: _press(scene, *given, times=times),
                    zip(own, lucks, range(batches), strict=True),
                )
            )
        for batch in own:
            until_quiet(scene, batch)
            closed(scene, batch)
        stopped = sum(scene.rep.progress(batch)["counts"].get("canceled", 0) for batch in own)
    assert not any(late), late
    return {
        "pauses and stops": batches * (times + 1),
        "texts that began too late": sum(late),
        "people stopped": stopped,
    }


def left(text: dict[str, Any]) -> float:
    """When an accepted text left for Twilio, in Unix seconds, or a little before."""
    return float(text["asked"]) - float(text["lag"])


def _press(scene: Scene, batch: str, luck: Random, which: int, *, times: int) -> int:
    """How many texts of one batch began more than a second after a button was answered."""
    body, late = f"{TEXT} {which}", 0
    with Rep(urlsplit(scene.rep.url).geturl()) as rep:
        rep.http.cookies = scene.rep.http.cookies
        assert rep.send(batch, body).status_code == 202
        for turn in range(times + 1):
            time.sleep(luck.uniform(0, 0.4))  # the moment of pressing
            button = "cancel" if turn == times else "pause"
            answer = rep.post(f"{batch}/{button}")
            answered = time.time()
            time.sleep(1.5)  # what was promised for a second is looked at for longer
            late += sum(
                answered + HEEDED < left(text) < answered + 1.5
                and str(text["body"]).endswith(f" {which}")
                for text in list(scene.oracle.accepted())
            )
            if answer.status_code != 202:
                return late  # everybody was texted: nothing to pause any more
            rep.post(f"{batch}/resume")
    return late


def asked_to_stop(trial: Trial, *, people: int = 3_000, times: int = 5) -> Figures:
    """R16: SIGTERM in the middle, again and again: fast, and nobody is left in doubt."""
    took = []
    with trial.scene(people=people, twilio="--latency 0.3") as scene:
        batch, ready = scene.everybody_sent()
        for _ in range(times):
            scene.pass_texts(scene.luck.randint(20, max(21, ready // (times + 1))), most=20)
            begun = time.monotonic()
            scene.fleet.stop("worker")
            took.append(time.monotonic() - begun)
            books = closed(scene, batch, open_states=frozenset({"ready"}))
            assert books.counts["unconfirmed"] == 0, books.counts
            scene.fleet.start("worker")
        assert finished(scene, batch).counts["delivered"] == ready
    return {"people": ready, "stops": times, "longest (s)": round(max(took), 2), "unconfirmed": 0}


def at_once(trial: Trial, *, people: int = 200, times: int = 50) -> Figures:
    """R15: the same link opened and Send pressed so many times at once: one batch, one text each."""
    with trial.scene(people=people) as scene:
        scene.everybody()
        link = scene.pipedrive.link_url(filter={"everyone": 1})
        with ThreadPoolExecutor(times) as tabs:
            opened = set(tabs.map(lambda _: _tab(scene, link), range(times)))
        assert len(opened) == 1, opened
        (batch,) = opened
        draft = scene.rep.until(batch, "draft")
        ready = draft["counts"]["ready"]
        form = {"revision": draft["revision"], "body": TEXT, "people": ready}
        with ThreadPoolExecutor(times) as tabs:
            said = Counter(tabs.map(lambda _: _send(scene, batch, form), range(times)))
        assert said == {202: times}, said
        until_quiet(scene, batch)
        assert closed(scene, batch).counts["delivered"] == ready
    return {"links at once": times, "batches": 1, "Sends at once": times, "people": ready}


def _tab(scene: Scene, link: str) -> str:
    with Rep(scene.rep.url) as tab:
        tab.http.cookies = scene.rep.http.cookies
        return tab.click(link)


def _send(scene: Scene, batch: str, form: dict[str, object]) -> int:
    with Rep(scene.rep.url) as tab:
        tab.http.cookies = scene.rep.http.cookies
        return tab.post(f"{batch}/send", **form).status_code


def old_worker(trial: Trial, *, people: int = 1_000) -> Figures:
    """R16: the worker of the version before the last migration, on the schema of this one."""
    commit = _git("log", "-1", "--format=%H", "--", "workers/store/migrations/versions") + "~1"
    old = trial.folder / "old"
    old.mkdir()
    archive = trial.folder / "old.tar"
    _git("archive", f"--output={archive}", commit)
    subprocess.run(["tar", "-x", "-C", str(old), "-f", str(archive)], check=True)
    line = (ROOT / "Procfile").read_text().partition("\nworker: env ")[2].partition("\n")[0]
    worker = f"env -C {old} PYTHONPATH={old} {line}"
    with trial.scene(people=people, worker=worker, twilio="--latency 0.02") as scene:
        batch, ready = scene.everybody_sent()
        until_quiet(scene, batch)
        assert closed(scene, batch).counts["delivered"] == ready
    return {"people": ready, "the worker's version": _git("log", "-1", "--format=%h", commit)}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
