"""What this version of the app can do: the one list that the door and `volley manifest` go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A link action that works, and the records and views from which it does."""

    action: str  # the last part of its address: /actions/sms
    name: str
    description: str
    views: Mapping[str, tuple[str, ...]]  # by resource, as the link's parameters call them


#: The action that texts nobody; its questions are batches on a channel of this name.
HISTORY = "history"
_EVERYWHERE: Mapping[str, tuple[str, ...]] = {
    "person": ("list", "details"),
    "deal": ("list", "details"),
    "organization": ("list", "details"),
    "activity": ("list",),  # Pipedrive has no page of its own for them
}

OFFERED = (
    Offer(
        action="sms",
        name="Send a text (SMS)",
        description=(
            "Text the people you ticked, or those behind deals: see who would get what, "
            "press Send, and watch every text arrive."
        ),
        views=_EVERYWHERE,
    ),
    Offer(
        action=HISTORY,
        name="Texts they were sent",
        description=(
            "See what the people you ticked, or those behind deals, were sent before: when, by "
            "whom and what became of it. Nobody is texted."
        ),
        views=_EVERYWHERE,
    ),
)


def offers(action: str, resource: str | None = None) -> bool:
    """Whether `action` works at all, or from this kind of record."""
    return any(
        offer.action == action and (resource is None or resource in offer.views)
        for offer in OFFERED
    )
