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


OFFERED = (
    Offer(
        action="sms",
        name="Send a text (SMS)",
        description=(
            "Text the people you ticked, or those behind deals: see who would get what, "
            "press Send, and watch every text arrive."
        ),
        views={
            "person": ("list", "details"),
            "deal": ("list", "details"),
            "organization": ("list", "details"),
            "activity": ("list",),  # Pipedrive has no page of its own for them
        },
    ),
)


def offers(action: str, resource: str | None = None) -> bool:
    """Whether `action` works at all, or from this kind of record."""
    return any(
        offer.action == action and (resource is None or resource in offer.views)
        for offer in OFFERED
    )
