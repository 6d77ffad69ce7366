"""Link actions' tokens, right and as wrong as can be, made without any library of ours (S1).

In the manner of Wycheproof's JSON Web Signature vectors for HS256
(https://github.com/C2SP/wycheproof): every header, claim, encoding and MAC that is not Pipedrive's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from tests.door import CLIENT_SECRET

SECRET = CLIENT_SECRET


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
    "iat tomorrow": a_token(claims(iat=NOW + 86400, exp=NOW + 86700)),
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


def mac_vectors() -> dict[str, str]:
    """A right token with its MAC changed: each bit, each length, other texts' MACs."""
    signed, _, mac64 = a_token().rpartition(".")
    mac = base64.urlsafe_b64decode(mac64 + "=")
    flipped = {
        f"bit {bit}": bytes(b ^ (1 << bit % 8 if at == bit // 8 else 0) for at, b in enumerate(mac))
        for bit in range(8 * len(mac))
    }
    cut = {f"cut to {length}": mac[:length] for length in range(len(mac))}
    others = {
        "longer": mac + b"\0",
        "zeros": bytes(32),
        "of nothing": hmac.digest(SECRET.encode(), b"", "sha256"),
        "of the payload": hmac.digest(SECRET.encode(), signed.split(".")[1].encode(), "sha256"),
        "plain hash": hashlib.sha256(signed.encode()).digest(),
        "of the text with its dot": hmac.digest(SECRET.encode(), f"{signed}.".encode(), "sha256"),
        "doubled": mac + mac,
        "backwards": mac[::-1],
    }
    return {name: f"{signed}.{b64(made)}" for name, made in (flipped | cut | others).items()}


def raw_token(header: str, payload: str) -> str:
    """Rightly signed, whatever the two texts are."""
    signed = f"{b64(header.encode())}.{b64(payload.encode())}"
    return f"{signed}.{b64(hmac.digest(SECRET.encode(), signed.encode(), 'sha256'))}"


_HEAD = '{"alg":"HS256","typ":"JWT"}'
FORGED |= {
    "alg twice, none last": raw_token('{"alg":"HS256","alg":"none"}', json.dumps(claims())),
    "alg in small letters": raw_token('{"alg":"hs256"}', json.dumps(claims())),
    "header a list": raw_token("[]", json.dumps(claims())),
    "header a text": raw_token('"HS256"', json.dumps(claims())),
    "header empty": raw_token("", json.dumps(claims())),
    "header no JSON": raw_token("{alg:HS256}", json.dumps(claims())),
    "payload no JSON": raw_token(_HEAD, "{userId:7}"),
    "payload null": raw_token(_HEAD, "null"),
    "payload empty": raw_token(_HEAD, ""),
    "payload a number": raw_token(_HEAD, "7"),
    "userId twice, another's last": raw_token(
        _HEAD, f'{{"userId":7,"companyId":42,"exp":{NOW + 300},"userId":8}}'
    ),
    "exp not a number": raw_token(_HEAD, '{"userId":7,"companyId":42,"exp":NaN}'),
    "exp with an exponent": raw_token(_HEAD, '{"userId":7,"companyId":42,"exp":1e99}'),
    "exp null": raw_token(_HEAD, '{"userId":7,"companyId":42,"exp":null}'),
    "exp an object": raw_token(_HEAD, '{"userId":7,"companyId":42,"exp":{}}'),
    "blanks around the dots": a_token().replace(".", " . "),
    "a line feed in the MAC": a_token()[:-5] + "\n" + a_token()[-5:],
    "spare bits in the last letter": a_token()[:-1] + chr(ord(a_token()[-1]) + 1),
}
