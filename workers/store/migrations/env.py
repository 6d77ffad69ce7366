"""How alembic reaches the database; `workers.store.migrate` and alembic's own command run it."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection, create_engine, text

from workers.store.migrate import LOCK, sqlalchemy_url
from workers.store.tables import metadata


def migrate(connection: Connection) -> None:
    """All steps in one transaction; a second process waits for the first, then has nothing to do."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_server_default=True,
    )
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = create_engine(sqlalchemy_url(os.environ["DATABASE_URL"]))
    with engine.connect() as opened:
        migrate(opened)
    engine.dispose()
