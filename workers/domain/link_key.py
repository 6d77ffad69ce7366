"""The key by which the same click finds the batch that it made before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workers.domain.action import LinkAction
from workers.domain.selection import selection_to_json

_CLAIMS = ("iat", "exp", "jti")


def link_key(action: LinkAction, *, token_claims: Mapping[str, Any] | None) -> bytes:
    """Finds the batch that the same click made before.

    The token itself is left out: PyJWT also accepts it with `=` appended, its claims stay the same.
    The order of picked people is left out too: they are the same people.
    """
    selection = selection_to_json(action.selection)
    if "ids" in selection:
        selection["ids"] = sorted(selection["ids"])
    about = [action.company_id, action.user_id, action.action, action.resource, action.view]
    claims = token_claims and {name: str(token_claims.get(name)) for name in _CLAIMS}
    return hashlib.sha256(json.dumps([about, selection, claims]).encode()).digest()
