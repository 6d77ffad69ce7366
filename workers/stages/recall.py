"""A link action asks what people were sent before: they are found as for a text, and never texted."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import uuid_utils.compat as ids

from workers.domain.action import LinkAction
from workers.domain.errors import TooMany
from workers.ports.runtime import Runtime
from workers.stages.accept import SAME_CLICK, refuse_unbuilt


async def recall(runtime: Runtime, action: LinkAction, *, key: bytes, reusable: bool) -> UUID:
    """The question of this click, new or found again. `reusable` as for a draft."""
    refuse_unbuilt(action)
    reusable_after = SAME_CLICK if reusable else None
    existing = await runtime.batches.existing(key, reusable_after=reusable_after)
    if existing is not None:
        return existing
    asked = await runtime.histories.asked_since(
        action.company_id, action.user_id, timedelta(minutes=1)
    )
    if asked >= runtime.settings.max_drafts_a_minute:
        raise TooMany(
            "too_many_histories",
            "That's a lot of questions at once.",
            "Wait a minute, then choose the action again.",
        )
    return await runtime.batches.create(ids.uuid7(), action, key=key, reusable_after=reusable_after)
