"""Brings a database to the schema that this version of the app needs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

#: Taken for one transaction while migrating, so that two releases do not collide.
LOCK = 0x766F6C6C6579
_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """All steps up to `revision`, in one transaction."""
    _with_connection(url, lambda connection: command.upgrade(_config(connection), revision))


def downgrade(url: str, revision: str = "base") -> None:
    """All steps down to `revision`; what they made is dropped."""
    _with_connection(url, lambda connection: command.downgrade(_config(connection), revision))


def check(url: str) -> None:
    """Raises where the database and `workers.store.tables` differ."""
    _with_connection(url, lambda connection: command.check(_config(connection)))


def is_current(url: str) -> bool:
    """Whether the database has the newest revision that this version knows."""
    found: list[str | None] = []
    _with_connection(url, lambda connection: found.append(_revision(connection)))
    return found == [newest()]


@functools.cache
def newest() -> str | None:
    """The revision that the table `alembic_version` should hold."""
    return ScriptDirectory.from_config(_config()).get_current_head()


@functools.cache
def known() -> frozenset[str]:
    """Every revision that this version has a step for."""
    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    return frozenset(step.revision for step in steps)


def sqlalchemy_url(url: str) -> str:
    """`postgres://…` or `postgresql://…`, spoken by psycopg 3."""
    return f"postgresql+psycopg://{url.partition('://')[2]}"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _with_connection(url: str, act: Callable[[Connection], object]) -> None:
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        act(connection)
    engine.dispose()
