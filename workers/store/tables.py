"""The tables, as SQLAlchemy Core describes them; alembic's migrations are checked against this."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from workers.domain.delivery import RANK, State
from workers.store import (
    audit_tables,
    bill_tables,
    budget_tables,
    columns,
    company_tables,
    door_tables,
    history_tables,
    machine_tables,
    number_tables,
    selected_tables,
)
from workers.store.columns import at, one_of

#: Importing the other tables puts them there too: the whole schema.
metadata: MetaData = columns.metadata
__all__ = [
    "audit_tables",
    "bill_tables",
    "budget_tables",
    "company_tables",
    "door_tables",
    "history_tables",
    "machine_tables",
    "metadata",
    "number_tables",
    "selected_tables",
]

batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("company_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("test_of", Uuid),  # a test of that draft: to the rep alone, and shown nowhere else
    Column("channel", Text, nullable=False, server_default="sms"),
    Column("resource", Text, nullable=False),
    Column("view", Text, nullable=False),
    Column("selection", JSONB, nullable=False),  # domain.action.selection_to_json
    at("created_at", default=True),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    # finding people
    Column("source_name", Text, nullable=False, server_default=""),  # the saved filter's name
    Column("listed", Boolean, nullable=False, server_default=text("false")),  # picked ids inserted
    Column("cursor", Text),  # Pipedrive's next page
    Column("pages", Integer, nullable=False, server_default=text("0")),
    Column("resolve_lease", Uuid),
    at("resolve_until"),
    at("resolve_not_before"),
    Column("resolve_wait_reason", Text),
    Column("tokens_used", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer),
    # deals: everybody on them, not only their contacts
    Column("whole_deals", Boolean, nullable=False, server_default=text("false")),
    # how records became people: 12 deals, 2 with nobody, 1 gone, 1 leads to a person seen before
    *(
        Column(name, Integer, nullable=False, server_default=text("0"))
        for name in ("records", "contactless", "missing", "shared")
    ),
    # the won and lost deals of a list that are left out; null = not counted
    Column("won", Integer),
    Column("lost", Integer),
    Column("more_closed", Boolean, nullable=False, server_default=text("false")),
    # waits in a row: each one longer than the last
    Column("resolve_tries", SmallInteger, nullable=False, server_default=text("0")),
    at("resolved_at"),
    Column("refused_reason", Text),
    # the draft
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("body", Text, nullable=False, server_default=""),
    Column("follows", Uuid),  # the earlier text whose people these are
    Column("set_aside", Text),  # what the text was before a saved or a plain one took its place
    # names of people's organizations cost calls of their own: unread, wanted (by the text), read
    Column("organizations", Text, nullable=False, server_default="unread"),
    # what was confirmed, frozen
    at("confirmed_at"),
    Column("confirmed_revision", Integer),
    Column("confirmed_people", Integer),
    at("not_before"),
    at("send_by"),
    at("first_claim_at"),
    at("proven_at"),  # the account took one of our texts since the batch was (re)started
    at("back_off_until"),
    at("waits_until"),  # nobody who is ready may be texted before
    Column("waits_for", Text),  # quiet_hours | cap
    at("served_at"),
    at("paused_at"),
    Column("paused_by", BigInteger),
    Column("pause_reason", Text),  # person | account | restored
    Column("pause_code", Text),
    at("restored_look_at"),  # from before a restore: when its people are looked up
    Column("restored_cursor", BigInteger, nullable=False, server_default=text("0")),
    at("resumed_at"),  # a person said go on: what came of earlier texts stops nothing any more
    at("canceled_at"),
    Column("canceled_by", BigInteger),
    Index(None, "company_id", "user_id", "created_at"),
    Index("ix_batches_test_of", "test_of", postgresql_where=text("test_of IS NOT NULL")),
    # what people were sent before is asked with their names only, and nobody is texted
    CheckConstraint("channel <> 'history' OR confirmed_at IS NULL", name="never_sent"),
    Index("ix_batches_asked", "created_at", postgresql_where=text("channel = 'history'")),
    Index(
        "ix_batches_begun",
        "send_by",
        postgresql_where=text("first_claim_at IS NOT NULL AND test_of IS NULL"),
    ),
    Index("ix_batches_follows", "follows", postgresql_where=text("follows IS NOT NULL")),
    Index(
        "ix_batches_sendable",
        "send_by",
        postgresql_where=text(
            "confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL"
        ),
    ),
    Index(
        "ix_batches_held", "restored_look_at", postgresql_where=text("pause_reason = 'restored'")
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
    Column("moved_to", Uuid),  # the later text that took them along
    Column("looking", Boolean, nullable=False, server_default=text("false")),
    # the zones in which the number may be, by spaces, and when it is day in all of them
    Column("zones", Text, nullable=False, server_default=""),
    at("not_before"),
    # texted although somebody of the company just texted them: the rep said so
    Column("override", Boolean, nullable=False, server_default=text("false")),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    at("changed_at", default=True),
    one_of("state", [state.value for state in State]),
    Index(
        "uq_recipients_person",
        "person_id",
        "batch_id",
        unique=True,
        postgresql_where=text("person_id IS NOT NULL"),
    ),
    Index(
        "uq_recipients_number",
        "number",
        "batch_id",
        # of those who are left out many may share a number
        text("(id * (state = ANY (ARRAY['skipped', 'canceled']))::integer)"),
        unique=True,
        postgresql_where=text("number IS NOT NULL"),
    ),
    Index("ix_recipients_batch_seq", "batch_id", "seq", "id"),
    Index("ix_recipients_batch_state", "batch_id", "state", "id"),
    Index(
        "ix_recipients_deferred",
        "batch_id",
        "not_before",
        postgresql_where=text("state = 'ready' AND not_before IS NOT NULL"),
    ),
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
    at("started_at", default=True),
    at("claimed_until"),
    at("next_look_at"),
    Column("looks", SmallInteger, nullable=False, server_default=text("0")),
    Column("worker", Text, nullable=False, server_default=""),
    Column("sid", Text),
    Column("http_status", Integer),
    Column("error_code", Text),
    Column("request_id", Text),
    at("answered_at"),
    Column("cap_day", Date),  # it counts in this day of its company; null = no cap
    one_of("state", list(RANK)),
    Index("uq_attempts_sid", "sid", unique=True, postgresql_where=text("sid IS NOT NULL")),
    Index(None, "recipient_id"),
    Index(
        "ix_attempts_sending",
        "batch_id",
        "claimed_until",
        postgresql_where=text("state = 'sending'"),
    ),
    Index("ix_attempts_look", "next_look_at", postgresql_where=text("next_look_at IS NOT NULL")),
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
    at("received_at", default=True),
    Index("uq_receipts_once", "sid", "status", "error_code", unique=True),
    Index(None, "attempt_id"),
)
