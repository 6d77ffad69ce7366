"""The real PostgreSQL and Valkey that tests talk to, started once per test run."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from workers.embedded import THROWAWAY, NotStarted, Postgres, Valkey


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """A short folder that no other test run has, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vt-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of `TEST_DATABASE_URL`, or of a PostgreSQL that lives as long as the block."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with a_folder() as folder:
        server = Postgres(folder, THROWAWAY)
        _start(server)
        try:
            yield server.url
        finally:
            server.stop()


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    """The URL of a Valkey that lives as long as the block."""
    with a_folder() as folder:
        server = Valkey(folder)
        _start(server)
        try:
            yield server.url
        finally:
            server.stop()


def chromium() -> str:
    """Where the browser is; every test opens pages of its own in it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    return _missing("chromium", FileNotFoundError("apt-get install chromium"))


@contextlib.contextmanager
def a_database(server_url: str, *, template: str = "template0") -> Iterator[str]:
    """The URL of a new database, a copy of `template`, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    _run(server_url, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield named(server_url, name)
    finally:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        _run(server_url, drop.format(sql.Identifier(name)))


def named(server_url: str, name: str) -> str:
    """The same server's database `name`."""
    head, slash, query = server_url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{slash}{query}"


def name_of(url: str) -> str:
    """The name of the database that `url` opens."""
    return str(conninfo_to_dict(url)["dbname"])


def _run(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)


def _start(server: Postgres | Valkey) -> None:
    try:
        server.start()
    except (ImportError, OSError, NotStarted) as reason:
        _missing(server.name, reason)


def _missing(name: str, reason: Exception) -> NoReturn:
    """Loud: a laptop without it skips and says so, CI fails."""
    if os.environ.get("CI"):
        raise reason
    pytest.skip(f"NO {name.upper()} HERE, these tests did not run: {reason}")
