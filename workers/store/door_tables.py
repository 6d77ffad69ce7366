"""The tables of the door: who is signed in, who installed the app, which click made which batch."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from workers.store.columns import at, metadata

companies = Table(
    "companies",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("domain", Text, nullable=False, server_default=""),
    Column("country", Text, nullable=False, server_default=""),  # ISO 3166 alpha-2, upper case
    at("first_installed_at", default=True),
    # what its admins choose in its settings
    Column("chosen_country", Text, nullable=False, server_default=""),  # goes before `country`
    Column("ask_participants", Boolean, nullable=False, server_default=text("true")),
    Column("support_users", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
    Column("rules", JSONB, nullable=False, server_default=text("'{}'")),  # domain.rules
    # it was forgotten once: of who said STOP before, only hashes are known (domain.suppression)
    Column("suppressions_hashed", Boolean, nullable=False, server_default=text("false")),
)

installations = Table(
    "installations",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_name", Text, nullable=False, server_default=""),
    Column("is_admin", Boolean, nullable=False, server_default=text("false")),
    Column("timezone", Text, nullable=False, server_default="UTC"),  # IANA name
    Column("api_domain", Text, nullable=False),
    Column("scope", Text, nullable=False, server_default=""),
    Column("access_token", LargeBinary),  # sealed, bound to the row
    Column("refresh_token", LargeBinary),  # sealed, bound to the row
    at("expires_at"),
    at("refreshed_at", default=True),
    at("installed_at", default=True),
    Column("generation", BigInteger, nullable=False, server_default=text("1")),  # +1 per new token
    Column("reauth_required", Boolean, nullable=False, server_default=text("false")),
    Column("phone", Text, nullable=False, server_default=""),  # the rep's own, as Pipedrive has it
    Column("test_number", Text, nullable=False, server_default=""),  # E.164, typed by the rep
    at("refreshing_until"),  # a refresh call is on its way; its lease, by the database's clock
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),  # SHA-256 of the cookie's value
    at("created_at", default=True),
    at("seen_at", default=True),
)

session_identities = Table(
    "session_identities",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    at("signed_in_at", default=True),
    # when Pipedrive itself told last who they are; a link that it signed may be somebody else's by now
    at("proved_at"),
    Index(None, "company_id", "user_id"),
)

#: Whoever was signed in when their app was uninstalled: opens nothing, explains what they see.
departures = Table(
    "departures",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),  # the session that they had then
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    at("left_at", default=True),
)

continuations = Table(
    "continuations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("browser_hash", LargeBinary, nullable=False),  # SHA-256 of the sign-in cookie
    Column("kind", Text, nullable=False),  # action | form | home
    Column("sealed", LargeBinary, nullable=False),  # what goes on after signing in
    at("created_at", default=True),
    at("used_at"),
)

#: A link action's key finds the batch it made: by token for ever, without one for ten minutes.
links = Table(
    "links",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("batch_id", Uuid, nullable=False),
    at("created_at", default=True),
    Index(None, "batch_id"),
)
