"""Builds and signs link-action URLs as Pipedrive does (pipedrive.md §1.2, §1.5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

TOKEN_SECONDS = 300


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """A JSON Web Token, HS256."""
    head = f"{_b64(_compact({'alg': 'HS256', 'typ': 'JWT'}))}.{_b64(_compact(claims))}"
    return f"{head}.{_b64(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())}"


def link_token(*, kind: object, secret: str, user_id: int, company_id: int, now: int) -> str | None:
    """`kind`: True, "expired", "forged", None/False for none, or a token to send as it is."""
    if kind is None or kind is False:
        return None
    if isinstance(kind, str) and kind.count(".") >= 1:
        return kind
    if kind not in (True, "expired", "forged"):
        raise ValueError(f"no such token: {kind!r}")
    issued = now - 3600 if kind == "expired" else now
    claims = {
        "userId": user_id,
        "companyId": company_id,
        "iat": issued,
        "exp": issued + TOKEN_SECONDS,
    }
    return sign(claims, "somebody-else's-secret-0123456789" if kind == "forged" else secret)


def _ids(ids: Iterable[int | str]) -> str:
    return quote(",".join(str(i) for i in ids), safe="")


def action_url(
    base: str,
    *,
    resource: str,
    view: str,
    user_id: int,
    company_id: int,
    selected_ids: Iterable[int | str],
    excluded: Iterable[int | str],
    filter: Mapping[str, Any] | str,
    token: str | None,
) -> str:
    """The URL, its parameters in Pipedrive's order; a detail view has neither exclusions nor filter."""
    parts = [
        f"resource={quote(resource, safe='')}",
        f"view={quote(view, safe='')}",
        f"userId={user_id}",
        f"companyId={company_id}",
        f"selectedIds={_ids(selected_ids)}",
    ]
    if view == "list":
        text = filter if isinstance(filter, str) else _compact(filter).decode()
        parts += [f"excludedIds={_ids(excluded)}", f"filter={quote(text, safe='')}"]
    if token is not None:
        parts.append(f"token={token}")
    return f"{base}?{'&'.join(parts)}"
