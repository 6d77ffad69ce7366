"""The address that a text's receipts come to: it names our attempt and proves that we made it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

#: How Twilio should repeat a receipt that we missed, all within 15 s; by default it repeats only
#: after a failed connection. It strips the fragment, also from what it signs.
#: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
_OVERRIDES = "#rc=5&rp=ct,rt,5xx&ct=2000&rt=4000"
_PURPOSE = b"volley: receipts of an attempt, v1"


def callback_url(public_url: str, attempt_id: UUID, key: str) -> str:
    """Where Twilio posts the receipts of `attempt_id`; `key` is the first of the secret keys."""
    return f"{public_url}/twilio/status/{attempt_id}?k={_proof(key, attempt_id)}{_OVERRIDES}"


def verify_k(keys: Sequence[str], attempt_id: UUID, k: str) -> bool:
    """Whether `k` was made by us for this attempt, with any key that is still in rotation."""
    given = k.encode(errors="replace")
    matches = [hmac.compare_digest(_proof(key, attempt_id).encode(), given) for key in keys]
    return any(matches)


def _proof(key: str, attempt_id: UUID) -> str:
    proof = _begun(key).copy()
    proof.update(attempt_id.bytes)
    return base64.urlsafe_b64encode(proof.digest()).rstrip(b"=").decode()


@lru_cache(maxsize=8)
def _begun(key: str) -> hmac.HMAC:
    """With a key of its own per purpose: what it signs can never pass for another signature of ours."""
    return hmac.new(hmac.digest(key.encode(), _PURPOSE, "sha256"), digestmod="sha256")
