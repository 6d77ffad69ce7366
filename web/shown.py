"""Phone numbers as a viewer may see them: in full for a batch's owner, masked for support (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from workers.domain import phone
from workers.ports.outside import User
from workers.ports.reading import BatchView


def is_owner(view: BatchView, user: User) -> bool:
    """Whether `user` wrote this batch."""
    return (user.company_id, user.user_id) == (view.company_id, view.user_id)


def number_for(value: str | None, view: BatchView, user: User) -> str | None:
    """A number as `user` may see it, as programs want it."""
    if value is None or is_owner(view, user):
        return value
    return phone.mask(value)


def shown_number(value: str | None, view: BatchView, user: User) -> str:
    """The same, written with spaces as people write numbers."""
    if value is None:
        return ""
    return written(value) if is_owner(view, user) else phone.mask(value)


def numbers_meant(query: str, view: BatchView, user: User) -> Sequence[str] | None:
    """What a search of `user` may find a number by: None = any part of it.

    Whoever sees numbers masked has to know one whole: parts would tell it digit by digit.
    """
    return None if is_owner(view, user) else phone.normalise_query(query, view.country)


def written(value: str) -> str:
    """E.164 with spaces."""
    return phone.written(value)
