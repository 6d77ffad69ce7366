"""A rep chooses whom deals lead to: their contacts, or everybody on them."""

from __future__ import annotations

from workers.domain.errors import Conflict
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime


async def choose_people(runtime: Runtime, view: BatchView, *, whole_deals: bool) -> BatchView:
    """The draft, its people to be found anew; the text stays. The same choice again does nothing."""
    if view.resource != "deal" or view.whole_deals == whole_deals:
        return view
    revision = view.revision
    if not await runtime.finding.start_over(view.id, revision=revision, whole_deals=whole_deals):
        raise Conflict(
            "stale",
            "The draft or its people changed since you looked.",
            "Nothing was sent and your text is kept. Look at the people again, then choose.",
        )
    return await runtime.batches.view(view.id) or view
