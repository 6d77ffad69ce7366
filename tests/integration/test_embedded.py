"""The embedded servers: durable, private, and no trouble after a killed parent."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tests.services import a_folder
from workers.embedded import NotStarted, Postgres, Server, Valkey, runtime_folder


@pytest.fixture
def home() -> Iterator[Path]:
    with a_folder() as folder:
        yield (
            folder / "a folder with a name far longer than the path of a socket may be" / ("x" * 50)
        )


@contextlib.contextmanager
def running(server: Server) -> Iterator[str]:
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def keep(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")


def kept(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)


def killed_parent(kind: str, home: Path) -> None:
    """A process that starts a server of `kind` and is killed with it running."""
    program = f"import sys, os, pathlib; from workers.embedded import {kind}; "
    program += f"{kind}(pathlib.Path(sys.argv[1])).start(); os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", program, str(home)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_postgres_keeps_what_was_committed(home: Path) -> None:
    with running(Postgres(home)) as url:
        keep(url)

    with running(Postgres(home)) as url:
        assert kept(url)


def test_postgres_waits_for_the_disk_at_every_commit(home: Path) -> None:
    with running(Postgres(home)) as url, psycopg.connect(url) as connection:
        for option in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {option}").fetchone() == ("on",)


def test_valkey_keeps_what_was_written_and_never_drops_a_message(home: Path) -> None:
    with running(Valkey(home)) as url, redis.Redis.from_url(url) as client:
        client.set("kept", "1")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}

    with running(Valkey(home)) as url, redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"1"


def test_a_postgres_left_by_a_killed_parent_gives_way(home: Path) -> None:
    killed_parent("Postgres", home)

    with running(Postgres(home)) as url:
        keep(url)

    assert not Postgres(home).answers()


def test_a_valkey_left_by_a_killed_parent_gives_way(home: Path) -> None:
    killed_parent("Valkey", home)

    with running(Valkey(home)) as url, redis.Redis.from_url(url) as client:
        assert client.ping()

    assert not Valkey(home).answers()


def test_a_stale_pid_file_that_names_somebody_else_harms_nobody(home: Path) -> None:
    with running(Postgres(home)):
        pass
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    with running(Postgres(home)) as url:
        keep(url)


def test_only_the_owner_reaches_the_sockets(home: Path) -> None:
    for server in (Postgres(home), Valkey(home)):
        with running(server):
            mode = (runtime_folder(home) / server.name).stat().st_mode
            assert stat.S_IMODE(mode) == 0o700


def test_a_runtime_folder_that_somebody_put_there_is_refused(home: Path, tmp_path: Path) -> None:
    folder = runtime_folder(home)
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(NotStarted):
            Valkey(home).start()
    finally:
        folder.unlink()


def test_a_server_that_cannot_start_says_where_its_log_is(home: Path) -> None:
    with pytest.raises(NotStarted, match=r"postgres\.log"):
        Postgres(home, {"shared_buffers": "nonsense"}).start()
