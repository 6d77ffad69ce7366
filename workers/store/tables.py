"""The tables, as SQLAlchemy Core describes them; alembic's migrations are checked against this."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from workers.domain.delivery import RANK, State

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _at(name: str, *, default: bool = False) -> Column[object]:
    """A UTC time; `default` = the database's clock, never null."""
    kind = DateTime(timezone=True)
    if default:
        return Column(name, kind, nullable=False, server_default=func.now())
    return Column(name, kind)


def _one_of(name: str, values: list[str]) -> CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"state IN ({quoted})", name=name)


companies = Table(
    "companies",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("domain", Text, nullable=False, server_default=""),
    Column("country", Text, nullable=False, server_default=""),  # ISO 3166 alpha-2, upper case
    _at("first_installed_at", default=True),
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
    _at("expires_at"),
    _at("refreshed_at", default=True),
    _at("installed_at", default=True),
    Column("generation", BigInteger, nullable=False, server_default=text("1")),  # +1 per new token
    Column("reauth_required", Boolean, nullable=False, server_default=text("false")),
    _at("refreshing_until"),  # a refresh call is on its way; its lease, by the database's clock
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),  # SHA-256 of the cookie's value
    _at("created_at", default=True),
    _at("seen_at", default=True),
)

session_identities = Table(
    "session_identities",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    _at("signed_in_at", default=True),
    Index(None, "company_id", "user_id"),
)

continuations = Table(
    "continuations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("browser_hash", LargeBinary, nullable=False),  # SHA-256 of the sign-in cookie
    Column("kind", Text, nullable=False),  # action | form | home
    Column("sealed", LargeBinary, nullable=False),  # what goes on after signing in
    _at("created_at", default=True),
    _at("used_at"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("company_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("channel", Text, nullable=False, server_default="sms"),
    Column("resource", Text, nullable=False),
    Column("view", Text, nullable=False),
    Column("selection", JSONB, nullable=False),  # domain.action.selection_to_json
    _at("created_at", default=True),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    # finding people
    Column("source_name", Text, nullable=False, server_default=""),  # the saved filter's name
    Column("listed", Boolean, nullable=False, server_default=text("false")),  # picked ids inserted
    Column("cursor", Text),  # Pipedrive's next page
    Column("pages", Integer, nullable=False, server_default=text("0")),
    Column("resolve_lease", Uuid),
    _at("resolve_until"),
    _at("resolve_not_before"),
    Column("resolve_wait_reason", Text),
    Column("tokens_used", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer),
    _at("resolved_at"),
    Column("refused_reason", Text),
    # the draft
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("body", Text, nullable=False, server_default=""),
    # names of people's organizations cost calls of their own: unread, wanted (by the text), read
    Column("organizations", Text, nullable=False, server_default="unread"),
    # what was confirmed, frozen
    _at("confirmed_at"),
    Column("confirmed_revision", Integer),
    Column("confirmed_people", Integer),
    _at("not_before"),
    _at("send_by"),
    _at("first_claim_at"),
    _at("proven_at"),  # the account took one of our texts since the batch was (re)started
    _at("back_off_until"),
    _at("served_at"),
    _at("paused_at"),
    Column("paused_by", BigInteger),
    Column("pause_reason", Text),  # person | account | restored
    Column("pause_code", Text),
    _at("canceled_at"),
    Column("canceled_by", BigInteger),
    Index(None, "company_id", "user_id", "created_at"),
    Index(
        "ix_batches_runnable",
        "served_at",
        postgresql_where=text(
            "confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL"
        ),
    ),
    Index(
        "ix_batches_unresolved",
        "created_at",
        postgresql_where=text(
            "(resolved_at IS NULL OR organizations = 'wanted') AND refused_reason IS NULL"
            " AND canceled_at IS NULL"
        ),
    ),
)

#: A link action's key finds the batch it made: by token for ever, without one for ten minutes.
links = Table(
    "links",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("batch_id", Uuid, nullable=False),
    _at("created_at", default=True),
    Index(None, "batch_id"),
)

recipients = Table(
    "recipients",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("batch_id", Uuid, nullable=False),
    Column("person_id", BigInteger),
    Column("name", Text, nullable=False, server_default=""),
    Column("fields", JSONB, nullable=False, server_default=text("'{}'")),  # merge fields
    Column("numbers", JSONB, nullable=False, server_default=text("'[]'")),  # as Pipedrive had them
    Column("number", Text),  # E.164
    Column("label", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("reason", Text),  # a key of web.words: why skipped; error code for failed, undelivered
    Column("attempt_id", Uuid),
    Column("looking", Boolean, nullable=False, server_default=text("false")),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    _at("changed_at", default=True),
    _one_of("state", [state.value for state in State]),
    Index(
        "uq_recipients_person",
        "batch_id",
        "person_id",
        unique=True,
        postgresql_where=text("person_id IS NOT NULL"),
    ),
    Index(
        "uq_recipients_number",
        "batch_id",
        "number",
        unique=True,
        postgresql_where=text("number IS NOT NULL AND state NOT IN ('skipped', 'canceled')"),
    ),
    Index("ix_recipients_batch_seq", "batch_id", "seq", "id"),
    Index("ix_recipients_batch_state", "batch_id", "state", "id"),
    Index("ix_recipients_number", "number", postgresql_where=text("number IS NOT NULL")),
    Index("ix_recipients_person", "person_id", postgresql_where=text("person_id IS NOT NULL")),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("recipient_id", BigInteger, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("company_id", BigInteger, nullable=False),
    Column("account_sid", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    _at("started_at", default=True),
    _at("claimed_until"),
    _at("next_look_at"),
    Column("looks", SmallInteger, nullable=False, server_default=text("0")),
    Column("worker", Text, nullable=False, server_default=""),
    Column("sid", Text),
    Column("http_status", Integer),
    Column("error_code", Text),
    Column("request_id", Text),
    _at("answered_at"),
    _one_of("state", list(RANK)),
    Index("uq_attempts_sid", "sid", unique=True, postgresql_where=text("sid IS NOT NULL")),
    Index(None, "recipient_id"),
    Index(
        "ix_attempts_sending",
        "claimed_until",
        postgresql_where=text("state = 'sending'"),
    ),
    Index(
        "ix_attempts_look",
        "next_look_at",
        postgresql_where=text("next_look_at IS NOT NULL"),
    ),
    Index("ix_attempts_batch_sending", "batch_id", postgresql_where=text("state = 'sending'")),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("attempt_id", Uuid, nullable=False),
    Column("sid", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("error_code", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False, server_default="callback"),  # callback | look-up | hint
    Column("carrier_time", Text, nullable=False, server_default=""),
    _at("received_at", default=True),
    Index("uq_receipts_once", "sid", "status", "error_code", unique=True),
    Index(None, "attempt_id"),
)

#: Who was texted last on a number: one text per number within the guard time.
texted = Table(
    "texted",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("recipient_id", BigInteger, nullable=False),
    _at("texted_at", default=True),
)

#: What Twilio taught us of a number: no texts for landlines, none after STOP.
known_numbers = Table(
    "known_numbers",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("reason", Text, nullable=False),  # opted_out | landline
    Column("code", Text, nullable=False, server_default=""),
    _at("learned_at", default=True),
)
