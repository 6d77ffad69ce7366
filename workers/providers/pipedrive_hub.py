"""Developer Hub's words: where a link action may show, how long its texts are, which scopes exist.

https://pipedrive.readme.io/docs/app-extensions-actions and
https://pipedrive.readme.io/docs/marketplace-scopes-and-permissions-explanations
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONGEST_NAME = 30
LONGEST_DESCRIPTION = 150
MOST_IN_A_LOCATION = 3
MOST_IN_AN_APP = 21

#: Activities have no details page of their own, and products no location at all.
LOCATIONS: Mapping[tuple[str, str], str] = {
    ("deal", "list"): "Deals: list view",
    ("deal", "details"): "Deals: detail view",
    ("person", "list"): "People: list view",
    ("person", "details"): "People: detail view",
    ("organization", "list"): "Organizations: list view",
    ("organization", "details"): "Organizations: detail view",
    ("activity", "list"): "Activities: list view",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """A right that the app asks for, and what it does with it (a reviewer reads this)."""

    name: str
    reason: str


BASE = Scope("base", "Always on. Tells which user of which company has installed the app.")
CONTACTS = Scope(
    "contacts:read",
    "Reads the names and phone numbers of the people that a user ticks, the names of their "
    "organizations and of the saved filter. Nothing is written to Pipedrive.",
)
DEALS = Scope("deals:read", "Reads which people belong to the deals that a user ticks.")
ACTIVITIES = Scope("activities:read", "Reads who takes part in the activities that a user ticks.")

_NEEDED: Mapping[str, tuple[Scope, ...]] = {
    "person": (CONTACTS,),
    "organization": (CONTACTS,),
    "deal": (CONTACTS, DEALS),
    "activity": (CONTACTS, ACTIVITIES),
}


def scopes_for(resources: Iterable[str]) -> tuple[Scope, ...]:
    """The least that the app needs to start from these kinds of records."""
    needed = (scope for resource in resources for scope in _NEEDED[resource])
    return tuple(dict.fromkeys((BASE, *needed)))
