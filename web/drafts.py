"""The draft's facts for the page's script: parts, preview and warnings after a save."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from web import outline
from web.pages import fragment
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.stages.preview import Preview, preview


async def draft_told(
    request: Request, view: BatchView, user: User, *, person: str
) -> dict[str, Any]:
    """What the saved text means: for programs, and as the page's `facts` region."""
    found = await preview(request.app.state.runtime, view, view.body, person=outline.index(person))
    facts = fragment("parts/facts.html", view=view, preview=found)
    return {**preview_told(found), "revision": view.revision, "html": {"facts": facts}}


def preview_told(found: Preview) -> dict[str, Any]:
    """The preview for programs."""
    problem = found.problem
    return {
        "characters": found.characters,
        "encoding": found.encoding,
        "parts": {"min": found.parts_min, "max": found.parts_max},
        "preview": found.shown and {"name": found.shown.name, "text": found.shown.text},
        "warnings": [
            {"key": warning.key, "field": warning.field, "people": warning.people}
            for warning in found.warnings
        ],
        "problem": problem
        and {"error": problem.reason, "title": problem.title, "advice": problem.advice},
    }
