"""`volley` as a person at a terminal meets it; the demo with everything it starts."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import psutil
import pytest

from tests.servers import free_port, wait_until

_VOLLEY = [sys.executable, "-c", "from workers.commands import main; main()"]
_ROOT = Path(__file__).parents[2]


def volley(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished command, in an environment that names no server of ours."""
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return subprocess.run(
        [*_VOLLEY, *words],
        env={**clean, **environment},
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


class Demo:
    """A running `volley demo`."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        given = {"PORT": str(self.port), "DATA_DIR": str(data_dir), "DATABASE_URL": "real"}
        self.process = subprocess.Popen(
            [*_VOLLEY, "demo"], env={**os.environ, **given}, cwd=_ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://localhost:{self.port}/readyz").status_code == 200
        return False

    def address(self) -> str:
        (found,) = re.findall(r"Open (http\S+)", "".join(self.lines))
        return str(found)

    def masters(self) -> list[psutil.Process]:
        """Dramatiq's own process, once it has started its worker."""
        with contextlib.suppress(psutil.NoSuchProcess):  # one that just ended
            return [one for one in self.processes("workers.main:broker") if one.children()]
        return []

    def processes(self, *words: str) -> list[psutil.Process]:
        """Those of its family whose command line holds all `words`."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in family if set(words) <= set(_command(one))]


def _command(process: psutil.Process) -> Sequence[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return ()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    started = Demo(tmp_path_factory.mktemp("demo"))
    try:
        wait_until(
            lambda: any("Ctrl-C" in line for line in started.lines), seconds=120, what="demo"
        )
        yield started
    finally:
        started.process.kill()


def test_the_demo_prints_one_address_that_shows_people(demo: Demo) -> None:
    page = httpx.get(demo.address())

    assert page.status_code == 200
    assert "Send a text (SMS)" in page.text


def test_a_killed_worker_is_back_soon(demo: Demo) -> None:
    # The demo greets once the web answers: its worker may come later.
    wait_until(lambda: bool(demo.masters()), seconds=60, what="a worker")
    master = demo.masters()[0]
    master.children()[0].kill()

    wait_until(lambda: not master.is_running(), seconds=60, what="dramatiq's master to end")
    wait_until(lambda: bool(demo.masters()), seconds=60, what="another worker")


def test_a_killed_database_is_back_soon(demo: Demo) -> None:
    (server,) = [one for one in demo.processes("-D") if one.name() == "postgres"]
    server.kill()

    wait_until(lambda: not server.is_running(), what="it to be gone")
    wait_until(demo.is_ready, seconds=60, what="the database to be back")
    assert [one.name() for one in demo.processes("-D")] == ["postgres"]


def test_a_second_demo_in_the_same_folder_does_not_touch_the_first(demo: Demo) -> None:
    folder = psutil.Process(demo.process.pid).environ()["DATA_DIR"]
    (server,) = demo.processes("-D")

    second = volley("demo", DATA_DIR=folder)

    assert second.returncode == 1
    assert "runs in" in second.stderr
    assert server.is_running()
    wait_until(demo.is_ready, seconds=60, what="the first to answer")


def test_ctrl_c_ends_everything_in_time(demo: Demo) -> None:
    family = psutil.Process(demo.process.pid).children(recursive=True)
    demo.process.send_signal(signal.SIGINT)

    assert demo.process.wait(25) == 0
    _, left = psutil.wait_procs(family, timeout=1)
    assert left == []


def test_up_says_which_setting_is_missing(tmp_path: Path) -> None:
    refused = volley("up", DATA_DIR=str(tmp_path), SECRET_KEY="")

    assert refused.returncode == 1
    assert "SECRET_KEY is not set" in refused.stderr


def test_up_says_that_its_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = volley("up", DATA_DIR=str(tmp_path), SECRET_KEY="k" * 32, PORT=port)

    assert f"port {port} is taken" in refused.stderr


def test_migrate_without_a_database_says_what_to_set() -> None:
    assert "DATABASE_URL is not set" in volley("migrate").stderr


def test_restored_without_a_database_says_what_to_set() -> None:
    assert "DATABASE_URL is not set" in volley("restored").stderr


def test_restored_holds_what_waits(database_url: str) -> None:
    done = volley("restored", DATABASE_URL=database_url, SECRET_KEY="k" * 32)

    assert "0 confirmed texts are held. Start Volley" in done.stdout
    assert done.returncode == 0


def test_migrate_brings_a_database_up_to_date(empty_database_url: str) -> None:
    assert volley("migrate", DATABASE_URL=empty_database_url).returncode == 0
