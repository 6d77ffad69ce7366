"""What all tables share: the naming convention and two kinds of columns."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, func

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def at(name: str, *, default: bool = False) -> Column[object]:
    """A UTC time; `default` = the database's clock, never null."""
    kind = DateTime(timezone=True)
    if default:
        return Column(name, kind, nullable=False, server_default=func.now())
    return Column(name, kind)


def one_of(name: str, values: list[str]) -> CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"state IN ({quoted})", name=name)
