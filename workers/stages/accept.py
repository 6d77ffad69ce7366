"""A link action becomes a draft batch: one insert, and the same click finds it again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import uuid_utils.compat as ids

from workers.domain.action import LinkAction
from workers.domain.errors import BadRequest, NotBuilt, TooMany
from workers.domain.offered import offers
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime

#: Without a token the same click within this time finds its batch; later it is a new draft.
SAME_CLICK = timedelta(minutes=10)


async def accept(runtime: Runtime, action: LinkAction, *, key: bytes, reusable: bool) -> UUID:
    """The batch of this click. `reusable`: there was no token, so the key is free again later."""
    refuse_unbuilt(action)
    reusable_after = SAME_CLICK if reusable else None
    existing = await runtime.batches.existing(key, reusable_after=reusable_after)
    if existing is not None:
        return existing
    await refuse_flood(runtime, action.company_id, action.user_id)
    return await runtime.batches.create(ids.uuid7(), action, key=key, reusable_after=reusable_after)


def refuse_unbuilt(action: LinkAction) -> None:
    """What this version of the app cannot do yet is refused before anything is stored."""
    if not offers(action.action):
        raise NotBuilt(
            "not_built",
            "This action isn't there yet.",
            "Nothing was stored or sent. Choose “Send a text (SMS)” instead.",
        )
    if not offers(action.action, action.resource):
        raise BadRequest(
            "resource_not_built",
            "Texting doesn't start from these records.",
            "In Pipedrive, tick people, deals, organizations or activities and choose “Send a text (SMS)”.",
        )


async def refuse_flood(runtime: Runtime, company_id: int, user_id: int) -> None:
    """A page that opens our link in a loop must not fill the database or Pipedrive's budget."""
    minute = timedelta(minutes=1)
    drafts = await runtime.batches.drafts_since(company_id, user_id, minute)
    if drafts >= runtime.settings.max_drafts_a_minute:
        raise TooMany(
            "too_many_drafts",
            "That's a lot of new texts at once.",
            "Wait a minute, then choose the action again. Nothing is lost.",
        )


async def write_another(runtime: Runtime, view: BatchView) -> UUID:
    """A new draft for the same selection, read afresh."""
    await refuse_flood(runtime, view.company_id, view.user_id)
    return await runtime.batches.again(view.id, ids.uuid7())
