"""Makes the deals and activities of a simulated company, deterministic by id."""

from __future__ import annotations

from datetime import timedelta

from tests.simulators.pipedrive_people import EPOCH, organization_count
from tests.simulators.pipedrive_records import Record

KINDS = ("call", "meeting", "lunch", "task")


def deal(deal_id: int) -> Record:
    """One deal in the shape of `GET /api/v2/deals`; every fifth has a second participant."""
    added = f"{EPOCH + timedelta(hours=deal_id):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "id": deal_id,
        "title": f"Deal {deal_id}",
        "value": deal_id * 100,
        "currency": "EUR",
        "owner_id": (7, 8, 9)[deal_id % 3],
        "creator_user_id": 7,
        "person_id": None if deal_id % 10 == 0 else deal_id,
        "org_id": deal_id * 5 % organization_count(deal_id) + 1,
        "stage_id": deal_id % 4 + 1,
        "pipeline_id": 1,
        "status": ("open", "open", "won", "lost")[deal_id % 4],
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
    """One activity in the shape of `GET /api/v2/activities`."""
    due = EPOCH + timedelta(days=activity_id % 60)
    return {
        "id": activity_id,
        "subject": f"Activity {activity_id}",
        "type": KINDS[activity_id % len(KINDS)],
        "owner_id": (7, 8, 9)[activity_id % 3],
        "creator_user_id": 7,
        "is_deleted": False,
        "deal_id": activity_id if activity_id % 2 else None,
        "lead_id": None,
        "person_id": activity_id,
        "org_id": None,
        "project_id": None,
        "due_date": f"{due:%Y-%m-%d}",
        "due_time": f"{due:%H:%M}",
        "duration": "00:30",
        "busy": False,
        "done": activity_id % 3 == 0,
        "participants": [{"person_id": activity_id, "primary": True}],
        "add_time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "update_time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "note": "",
    }
