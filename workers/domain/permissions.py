"""Who may do what with a batch: its owner everything, support reads and stops, others see nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Rep(Protocol):
    """Who asks; `ports.outside.User` is one."""

    @property
    def company_id(self) -> int: ...

    @property
    def user_id(self) -> int: ...

    @property
    def is_admin(self) -> bool: ...

    @property
    def is_support(self) -> bool: ...

    @property
    def is_lapsed(self) -> bool: ...


class Right(StrEnum):
    """What somebody is to a batch."""

    OWNER = "owner"  # does everything with it
    SUPPORT = "support"  # the company's admins and whom they named: read, pause, stop; send nothing
    NONE = "none"  # another company, or another rep: as if it did not exist (404)


def right(company_id: int, owner_id: int, rep: Rep) -> Right:
    """What `rep` is to the batch of `owner_id` in `company_id`.

    A user id alone means nothing: Pipedrive's installations are unique by (company, user).
    """
    if rep.company_id != company_id:
        return Right.NONE
    if rep.user_id == owner_id:
        return Right.OWNER
    return Right.SUPPORT if may_search(rep) else Right.NONE


def may_read(company_id: int, owner_id: int, rep: Rep) -> bool:
    """Whether `rep` sees the batch, its people and their texts."""
    return right(company_id, owner_id, rep) is not Right.NONE


def may_control(company_id: int, owner_id: int, rep: Rep) -> bool:
    """Whether `rep` may pause and stop it."""
    return right(company_id, owner_id, rep) is not Right.NONE


def may_send(company_id: int, owner_id: int, rep: Rep) -> bool:
    """Whether `rep` may write, confirm, undo, go on, retry and send anyway."""
    return right(company_id, owner_id, rep) is Right.OWNER


def may_search(rep: Rep) -> bool:
    """Whether `rep` may look people up across all batches of their company (`/support`).

    Nobody whose tokens Pipedrive took back: they may have left the company.
    """
    return (rep.is_admin or rep.is_support) and not rep.is_lapsed


def may_configure(rep: Rep) -> bool:
    """Whether `rep` may change the settings of their company."""
    return rep.is_admin
