"""S1, S2 and S5 of the catalogue: which tokens of a link action are believed."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from web.tokens import can_verify, has_ended, read_token
from workers.domain.action import Chosen, LinkAction
from workers.domain.errors import Forged

SECRET = "the-app's-client-secret-0123456789abcdef"
ACTION = LinkAction("sms", "person", "list", company_id=42, user_id=7, selection=Chosen((1, 2)))


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**given: Any) -> dict[str, Any]:
    """What Pipedrive signs now; `None` leaves a claim out."""
    now = int(time.time())
    made = {"userId": 7, "companyId": 42, "iat": now, "exp": now + 300, **given}
    return {name: value for name, value in made.items() if value is not None}


def a_token(
    payload: object = None,
    *,
    header: Mapping[str, Any] | None = None,
    secret: str = SECRET,
    digest: str = "sha256",
) -> str:
    """A JWT, made without any library of ours, so that it may be as wrong as we like."""
    body = claims() if payload is None else payload
    head = {"alg": "HS256", "typ": "JWT", **(header or {})}
    signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(body).encode())}"
    return f"{signed}.{b64(hmac.new(secret.encode(), signed.encode(), digest).digest())}"


def read(token: str) -> Mapping[str, Any] | None:
    """The claims of a token that vouches for who clicks."""
    found = read_token(token, ACTION, secret=SECRET)
    return None if has_ended(found) else found


def test_pipedrives_token_is_believed() -> None:
    assert read(a_token()) == claims()


def test_ids_may_be_written_as_text() -> None:
    assert read(a_token(claims(userId="7", companyId="42"))) is not None


def test_a_token_without_iat_is_believed() -> None:
    assert read(a_token(claims(iat=None))) is not None


def test_a_token_with_an_odd_key_id_is_still_pipedrives() -> None:
    assert read(a_token(header={"kid": "../../dev/null"})) is not None


def test_claims_meant_for_others_do_not_matter() -> None:
    assert read(a_token(claims(aud="app", iss="pipedrive", sub=7, jti=1))) is not None


def test_a_token_that_ran_out_is_as_good_as_none() -> None:
    long_ago = int(time.time()) - 3600
    assert read(a_token(claims(iat=long_ago, exp=long_ago + 300))) is None


def test_a_token_that_ran_out_a_moment_ago_is_believed() -> None:
    now = int(time.time())
    assert read(a_token(claims(iat=now - 310, exp=now - 10))) is not None


def test_a_token_that_ran_out_and_does_not_match_is_forged() -> None:
    long_ago = int(time.time()) - 3600
    with pytest.raises(Forged):
        read(a_token(claims(userId=8, iat=long_ago, exp=long_ago + 300)))


NOW = int(time.time())
FORGED = {
    "another secret": a_token(secret="somebody-else's-secret-0123456789abcdef"),
    "an empty secret": a_token(secret=""),
    "alg none": a_token(header={"alg": "none"}),
    "alg nOnE": a_token(header={"alg": "nOnE"}),
    "alg none, no signature": a_token(header={"alg": "none"}).rpartition(".")[0] + ".",
    "alg HS512": a_token(header={"alg": "HS512"}, digest="sha512"),
    "alg HS384": a_token(header={"alg": "HS384"}, digest="sha384"),
    "alg RS256": a_token(header={"alg": "RS256"}),
    "alg a list": a_token(header={"alg": ["HS256"]}),
    "alg missing": a_token(header={"alg": None}),
    "signature stripped": a_token().rpartition(".")[0] + ".",
    "signature and dot stripped": a_token().rpartition(".")[0],
    "signature of another token": a_token(claims(exp=NOW + 200)).rpartition(".")[0]
    + "."
    + a_token().rpartition(".")[2],
    "jwk": a_token(header={"jwk": {"kty": "oct", "k": b64(b"x")}}),
    "jku": a_token(header={"jku": "https://evil.test/keys"}),
    "x5u": a_token(header={"x5u": "https://evil.test/cert"}),
    "x5c": a_token(header={"x5c": ["MIIB"]}),
    "crit": a_token(header={"crit": ["exp"]}),
    "b64 false": a_token(header={"b64": False, "crit": ["b64"]}),
    "kid a number": a_token(header={"kid": 7}),
    "typ of another kind": a_token(header={"typ": "at+jwt"}),
    "exp missing": a_token(claims(exp=None)),
    "exp as text": a_token(claims(exp=str(NOW + 300))),
    "exp infinite": a_token(claims(exp=float("inf"))),
    "exp a fraction": a_token(claims(exp=NOW + 300.5)),
    "exp true": a_token(claims(exp=True)),
    "exp negative": a_token(claims(exp=-1)),
    "exp in a year": a_token(claims(exp=NOW + 365 * 86400)),
    "exp beyond time": a_token(claims(exp=10**30)),
    "iat in an hour": a_token(claims(iat=NOW + 3600, exp=NOW + 3900)),
    "iat as text": a_token(claims(iat=str(NOW))),
    "iat long before exp": a_token(claims(iat=NOW - 86400)),
    "exp before iat": a_token(claims(iat=NOW, exp=NOW - 10)),
    "nbf in an hour": a_token(claims(nbf=NOW + 3600)),
    "userId missing": a_token(claims(userId=None)),
    "companyId missing": a_token(claims(companyId=None)),
    "userId of another": a_token(claims(userId=8)),
    "companyId of another": a_token(claims(companyId=43)),
    "userId true": a_token(claims(userId=True)),
    "userId a fraction": a_token(claims(userId=7.0)),
    "userId with a zero": a_token(claims(userId="07")),
    "userId a list": a_token(claims(userId=[7])),
    "payload a list": a_token([1, 2]),
    "payload a text": a_token("userId"),
    "four segments": a_token() + "." + b64(b"more"),
    "two segments": "eyJhbGciOiJIUzI1NiJ9.e30",
    "padding appended": a_token() + "=",
    "more padding": a_token() + "==",
    "blank appended": a_token() + " ",
    "line feed appended": a_token() + "\n",
    "blank in front": " " + a_token(),
    "standard base64": a_token().replace("_", "/").replace("-", "+") + "+/",
    "not base64": "a!b.c!d.e!f",
    "empty": "",
    "dots": "..",
    "other letters": "é.é.é",
    "very long": a_token(claims(padding="x" * 10_000)),
    "deeply nested": "eyJhbGciOiJIUzI1NiJ9." + b64(b"[" * 100_000) + ".AA",
    "our own kind": a_token({"session": "abc", "exp": NOW + 300}),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_anything_else_is_forged(token: str) -> None:
    with pytest.raises(Forged) as refusal:
        read(token)
    assert refusal.value.status == 401
    assert str(refusal.value) == "forged_token: This link wasn't made by your Pipedrive."


def test_any_changed_letter_makes_it_forged() -> None:
    token = a_token()
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(Forged):
            read(token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_verifies_nothing(secret: str) -> None:
    assert not can_verify(secret)
    with pytest.raises(Forged):
        read_token(a_token(secret=secret), ACTION, secret=secret)
