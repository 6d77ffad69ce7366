"""Opt-outs of a company that was forgotten: known again by a keyed hash, readable for nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

_PURPOSE = b"volley: opt-outs of a forgotten company, v1"
#: What a hash in place of a number begins with; numbers in E.164 begin with `+`.
_MARK = "hash:"


def hashed(key: str, number: str, *, company_id: int, channel: str) -> str:
    """What stands for `number` (E.164) once its company is forgotten; `key` is a secret key.

    There are few enough numbers to try them all, so without the key it would be no secret; company
    and channel are in it, so two companies' lists cannot be laid side by side.
    """
    derived = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)
    about = f"{company_id}/{channel}/{number}".encode()
    return _MARK + base64.urlsafe_b64encode(hmac.digest(derived, about, "sha256")).decode()


def by_hash(
    keys: Sequence[str], numbers: Sequence[str], *, company_id: int, channel: str
) -> Mapping[str, str]:
    """Each number by every hash that may stand for it: any key in rotation may have made it."""
    return {
        hashed(key, number, company_id=company_id, channel=channel): number
        for key in keys
        for number in numbers
    }
