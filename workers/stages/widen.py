"""A rep chooses which deals they text, and whom deals lead to."""

from __future__ import annotations

from dataclasses import replace

from workers.domain.errors import Conflict, Forbidden
from workers.domain.selection import Filtered, Selection
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime


async def choose_people(
    runtime: Runtime,
    view: BatchView,
    *,
    whole_deals: bool | None = None,
    closed_deals: bool | None = None,
) -> BatchView:
    """The draft, its people to be found anew; the text stays. The same choice again does nothing.

    `whole_deals`: everybody on the deals, not only their contacts. `closed_deals`: the won and
    lost ones of a list too. None = as it is.
    """
    whole = view.whole_deals if whole_deals is None else whole_deals
    selection = _selected(view.selection, closed_deals)
    if view.resource != "deal" or (view.whole_deals, view.selection) == (whole, selection):
        return view
    if whole and not view.whole_deals and not view.ask_participants:
        raise Forbidden(
            "contacts_only",
            f"Texts of {view.company_name or 'your company'} go to the contacts of deals only.",
            "Nothing was sent and your text is kept. An admin of your Pipedrive can change that in Volley's settings.",
        )
    if not await runtime.finding.start_over(
        view.id, revision=view.revision, selection=selection, whole_deals=whole
    ):
        raise Conflict(
            "stale",
            "The draft or its people changed since you looked.",
            "Nothing was sent and your text is kept. Look at the people again, then choose.",
        )
    return await runtime.batches.view(view.id) or view


def _selected(selection: Selection, closed_deals: bool | None) -> Selection:
    """Picked deals are those, and a saved filter rules as it is."""
    match selection:
        case Filtered(by="owner" | "everyone") if closed_deals is not None:
            return replace(selection, closed_too=closed_deals)
        case _:
            return selection
