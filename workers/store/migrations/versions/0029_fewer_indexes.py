"""Fewer indexes on people and attempts: each move of a person writes an entry into all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029_fewer_indexes"
down_revision = "0028_questions"
branch_labels = None
depends_on = None

NUMBER = sa.text("number IS NOT NULL")
PERSON = sa.text("person_id IS NOT NULL")
SENDING = sa.text("state = 'sending'")


def upgrade() -> None:
    # One index finds a person's rows and keeps them apart within a batch.
    op.drop_index("ix_recipients_person", table_name="recipients")
    op.drop_index("uq_recipients_person", table_name="recipients")
    op.create_index(
        "uq_recipients_person",
        "recipients",
        ["person_id", "batch_id"],
        unique=True,
        postgresql_where=PERSON,
    )
    # The same for numbers; of those who are left out many may share one.
    op.drop_index("ix_recipients_number", table_name="recipients")
    op.drop_index("uq_recipients_number", table_name="recipients")
    op.create_index(
        "uq_recipients_number",
        "recipients",
        [
            "number",
            "batch_id",
            sa.text("(id * (state = ANY (ARRAY['skipped', 'canceled']))::integer)"),
        ],
        unique=True,
        postgresql_where=NUMBER,
    )
    # Those that are being sent are few: the index by their time finds a batch's too.
    op.drop_index("ix_attempts_batch_sending", table_name="attempts")
    op.drop_index("ix_attempts_sending", table_name="attempts")
    op.create_index(
        "ix_attempts_sending", "attempts", ["batch_id", "claimed_until"], postgresql_where=SENDING
    )


def downgrade() -> None:
    op.drop_index("ix_attempts_sending", table_name="attempts")
    op.create_index("ix_attempts_sending", "attempts", ["claimed_until"], postgresql_where=SENDING)
    op.create_index("ix_attempts_batch_sending", "attempts", ["batch_id"], postgresql_where=SENDING)
    op.drop_index("uq_recipients_number", table_name="recipients")
    op.create_index(
        "uq_recipients_number",
        "recipients",
        ["batch_id", "number"],
        unique=True,
        postgresql_where=sa.text("number IS NOT NULL AND state NOT IN ('skipped', 'canceled')"),
    )
    op.create_index("ix_recipients_number", "recipients", ["number"], postgresql_where=NUMBER)
    op.drop_index("uq_recipients_person", table_name="recipients")
    op.create_index(
        "uq_recipients_person",
        "recipients",
        ["batch_id", "person_id"],
        unique=True,
        postgresql_where=PERSON,
    )
    op.create_index("ix_recipients_person", "recipients", ["person_id"], postgresql_where=PERSON)
