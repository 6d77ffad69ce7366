"""The link action's JWT: whether Pipedrive signed it, for exactly this query, not long ago.

https://pipedrive.readme.io/docs/app-extensions-json-modals: claims `userId` and `companyId`, HS256,
signed with the extension's JWT secret or else the client secret.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import jwt

from workers.domain.action import LinkAction
from workers.domain.errors import Forged

LEEWAY = 30
LONGEST_LIFE = 3600
_LONGEST_TOKEN = 4096
_SHORTEST_SECRET = 32
# One way to write a token: PyJWT also reads `=` appended and other spare bits in the last letter.
_COMPACT = re.compile(
    r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII
)
# Headers that name another key, or something the reader must understand (RFC 7515 §4.1).
_FOREIGN_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64"})
_OPTIONS: Any = {
    "require": ["exp", "userId", "companyId"],
    "verify_exp": False,  # below: whether it ran out is known only after everything else is right
    "verify_iat": False,  # below
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def can_verify(secret: str) -> bool:
    """Whether the secret is long enough to trust a signature made with it (RFC 7518 §3.2)."""
    return len(secret.encode()) >= _SHORTEST_SECRET


def read_token(token: str, action: LinkAction, *, secret: str) -> Mapping[str, Any]:
    """The claims of a token that Pipedrive made, maybe long ago; `Forged` for anything else."""
    claims = _verified(token, secret)
    _refuse_other_kinds(claims)
    for name, value in (("userId", action.user_id), ("companyId", action.company_id)):
        if not isinstance(claims[name], str | int) or isinstance(claims[name], bool):
            raise _forged()
        if str(claims[name]) != str(value):
            raise _forged()
    return claims


def has_ended(claims: Mapping[str, Any]) -> bool:
    """Whether the token no longer says who is clicking; it still says which click it was."""
    return bool(claims["exp"] <= time.time() - LEEWAY)


def _verified(token: str, secret: str) -> Mapping[str, Any]:
    if len(token) > _LONGEST_TOKEN or not _COMPACT.fullmatch(token) or not can_verify(secret):
        raise _forged()
    try:
        whole = jwt.decode_complete(
            token, secret, algorithms=["HS256"], options=_OPTIONS, leeway=LEEWAY
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _forged() from error
    header: Mapping[str, Any] = whole["header"]
    if _FOREIGN_HEADERS & header.keys() or str(header.get("typ", "JWT")).upper() != "JWT":
        raise _forged()
    claims: Mapping[str, Any] = whole["payload"]
    return claims


def _refuse_other_kinds(claims: Mapping[str, Any]) -> None:
    """A token that lives for more than an hour is none of Pipedrive's (they live five minutes)."""
    now, exp = time.time(), claims["exp"]
    iat = claims.get("iat", exp)
    if not _is_time(exp) or not _is_time(iat) or claims.get("iat", 0) > now + LEEWAY:
        raise _forged()
    if not 0 <= exp - iat <= LONGEST_LIFE + LEEWAY or exp > now + LONGEST_LIFE + LEEWAY:
        raise _forged()


def _is_time(value: object) -> bool:
    """Whole seconds, as Pipedrive writes them; a text, a fraction or infinity is somebody's trick."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40


def _forged() -> Forged:
    return Forged(
        "forged_token",
        "This link wasn't made by your Pipedrive.",
        "Go back to Pipedrive and choose the action again.",
    )
