"""Makes the deals and activities of a simulated company, deterministic by id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.simulators.pipedrive_people import EPOCH, organization_count
from tests.simulators.pipedrive_records import Record

KINDS = ("call", "meeting", "lunch", "task")
WHAT = ("Coffee for the office", "New website", "Summer party", "Winter tyres", "Garden terrace",
        "Reading glasses", "Two cargo bikes", "Ferry tickets", "Banquet for 40")  # fmt: skip
SUBJECTS = ("Call about the offer", "Site visit", "Lunch at the harbour", "Send the contract")


def _contact(deal_id: int) -> int | None:
    """Every tenth deal has nobody, and every eighth the person of the deal before it."""
    if deal_id % 10 == 0:
        return None
    return deal_id - 1 if deal_id % 8 == 0 else deal_id


def deal(deal_id: int) -> Record:
    """One deal in the shape of `GET /api/v2/deals`; every fifth has a second participant."""
    added = f"{EPOCH + timedelta(hours=deal_id):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "id": deal_id,
        "title": f"{WHAT[deal_id % len(WHAT)]} #{deal_id}",
        "value": deal_id * 100,
        "currency": "EUR",
        "owner_id": (7, 8, 9)[deal_id % 3],
        "creator_user_id": 7,
        "person_id": _contact(deal_id),
        "org_id": deal_id * 5 % organization_count(deal_id) + 1,
        "stage_id": deal_id % 4 + 1,
        "pipeline_id": 1,
        "status": ("open", "open", "won", "open", "lost")[deal_id % 5],
        "is_archived": False,
        "is_deleted": False,
        "label_ids": [],
        "visible_to": 3,
        "add_time": added,
        "update_time": added,
        "custom_fields": {},
        "_participants": (deal_id + 1,) if deal_id % 5 == 0 else (),
    }


def activity(activity_id: int) -> Record:
    """One activity in the shape of `GET /api/v2/activities`; some have two people, some nobody."""
    due = EPOCH + timedelta(days=activity_id % 60)
    return {
        "id": activity_id,
        "subject": f"{SUBJECTS[activity_id % len(SUBJECTS)]} #{activity_id}",
        "type": KINDS[activity_id % len(KINDS)],
        "owner_id": (7, 8, 9)[activity_id % 3],
        "creator_user_id": 7,
        "is_deleted": False,
        "deal_id": activity_id if activity_id % 2 else None,
        "lead_id": None,
        "person_id": None if activity_id % 7 == 0 else activity_id,
        "org_id": None,
        "project_id": None,
        "due_date": f"{due:%Y-%m-%d}",
        "due_time": f"{due:%H:%M}",
        "duration": "00:30",
        "busy": False,
        "done": activity_id % 3 == 0,
        "participants": _participants(activity_id),
        "add_time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "update_time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "note": "",
    }


def _participants(activity_id: int) -> list[Record]:
    """Every sixth has the person of the next activity too."""
    if activity_id % 7 == 0:
        return []
    also = [{"person_id": activity_id + 1, "primary": False}] if activity_id % 6 == 0 else []
    return [{"person_id": activity_id, "primary": True}, *also]


FILTERS: tuple[tuple[int, str, str, Callable[[Record], bool]], ...] = (
    (21, "Won deals this month", "deals", lambda row: row["status"] == "won"),
    (22, "Deals over 1,000 euros", "deals", lambda row: row["value"] > 1_000),
    (31, "Firms to call in autumn", "org", lambda row: row["id"] % 3 == 0),
    (41, "Lunches", "activity", lambda row: row["type"] == "lunch"),
)
