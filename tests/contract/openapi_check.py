"""Holds requests and answers against Twilio's own OpenAPI description of Messages.

The description lies beside the project (`../shared/data`), not in it; without it these checks say
loudly that they did nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

DESCRIPTION = Path(__file__).parents[2].parent / "shared" / "data" / "twilio_messages.openapi.json"
needs_description = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason=f"NOTHING WAS CHECKED: {DESCRIPTION} is not there"
)
UNDESCRIBED = {"MessageIntent"}  # in the SDK since 9.13, not yet in the description
FORM = "application/x-www-form-urlencoded"
CREATES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"

Request = Mapping[str, Any]  # method, path, query and form, as the simulator's world keeps them


def _is_address(value: object) -> bool:
    """E.164, a channel address, a short code or a sender's name."""
    return value is None or bool(re.fullmatch(r"(\w+:)?(\+?[1-9]\d{2,14}|[\w ]{1,11})", str(value)))


def _is_uri(value: object) -> bool:
    if value is None or str(value).startswith("/2010-04-01/"):  # Twilio calls its paths uri too
        return True
    parts = urlsplit(str(value))
    return bool(parts.scheme and parts.netloc) and str(value).isascii() and " " not in str(value)


def _is_date(value: object) -> bool:
    """Described as date-time, documented and sent as a date or a timestamp, in GMT."""
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?", str(value)))


def _is_rfc_2822(value: object) -> bool:
    return value is None or parsedate_to_datetime(str(value)) is not None


formats = jsonschema.FormatChecker(formats=())
formats.checks("phone-number")(_is_address)
formats.checks("uri", raises=ValueError)(_is_uri)
formats.checks("date-time")(_is_date)
formats.checks("date-time-rfc-2822", raises=(ValueError, TypeError))(_is_rfc_2822)


@cache
def description() -> dict[str, Any]:
    """The description with every reference put in place and `nullable` as JSON Schema says it."""
    whole = json.loads(DESCRIPTION.read_text())
    return {"paths": _plain(whole["paths"], whole)}


def _plain(part: Any, whole: Any) -> Any:
    if isinstance(part, list):
        return [_plain(each, whole) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        target = whole
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return _plain(target, whole)
    plain = {name: _plain(value, whole) for name, value in part.items()}
    if plain.get("nullable") is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain


#: Twilio describes its prices in another file, which we don't have.
_ELSEWHERE = "/v1/Messaging/"


def wrongs_of_request(request: Request) -> list[str]:
    """What Twilio's description has against a request; values are not repeated."""
    found = _operation(request["method"], request["path"])
    if found is None:
        return [f"{request['method']} of a path that is not described"]
    operation, placed = found
    wrongs = _wrongs_of_parameters(operation, placed, request.get("query") or {})
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"][FORM]["schema"]
        wrongs += _wrongs_of_form(schema, request["form"])
        wrongs += _wrongs_of_choice(operation, request["form"])
    elif request.get("form"):
        wrongs.append("a form where none is described")
    return wrongs


def _operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    for template, operations in description()["paths"].items():
        pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", pattern), path)
        if match and method.lower() in operations:
            return operations[method.lower()], match.groupdict()
    return None


def _wrongs_of_parameters(
    operation: Mapping[str, Any], placed: Mapping[str, str], query: Mapping[str, Any]
) -> list[str]:
    described = {(p["in"], p["name"]): p["schema"] for p in operation.get("parameters", [])}
    given = {("path", name): value for name, value in placed.items()}
    given |= {("query", name): value for name, value in query.items()}
    wrongs = []
    for key, value in given.items():
        if key not in described:
            wrongs.append(f"{key[0]} parameter {key[1]} is not described")
        else:
            wrongs += _wrongs(_typed(value, described[key]), described[key], key[1])
    return wrongs


def _wrongs_of_form(schema: Mapping[str, Any], form: Mapping[str, Any]) -> list[str]:
    wrongs = [f"{name} is required" for name in schema.get("required", []) if name not in form]
    for name, value in form.items():
        if name in schema["properties"]:
            inner = schema["properties"][name]
            wrongs += _wrongs(_typed(value, inner), inner, name)
        elif name not in UNDESCRIBED:
            wrongs.append(f"{name} is not described")
    return wrongs


def _wrongs_of_choice(operation: Mapping[str, Any], form: Mapping[str, Any]) -> list[str]:
    """`x-twilio.conditional`: of each group at least one field, in snake_case."""
    given = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in form}
    groups = operation.get("x-twilio", {}).get("conditional", [])
    return [f"one of {', '.join(group)} is required" for group in groups if not given & {*group}]


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """A form's or query's words as the type that the schema names."""
    kind = schema.get("type")
    if kind == "array":
        return value if isinstance(value, list) else [value]
    if kind == "boolean" and value in ("true", "false", "True", "False"):
        return value.lower() == "true"
    if kind == "integer" and re.fullmatch(r"-?\d+", str(value)):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return float(value)
    return value


def _wrongs(value: Any, schema: Mapping[str, Any], name: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema, format_checker=formats)
    return [
        f"{name}{error.json_path[1:]} breaks {error.validator}: {error.validator_value!r}"
        for error in validator.iter_errors(value)
    ]


# ---------------------------------------------------------------- what tests call


def assert_valid_request(request: Request) -> None:
    """A recorded request (`world.requests[n]`) is one that Twilio describes."""
    wrongs = wrongs_of_request(request)
    assert not wrongs, f"{request['method']} {request['path']}: {'; '.join(wrongs)}"


def assert_valid_requests(requests: Iterable[Request]) -> int:
    """All about messages are, and there was at least one; how many there were."""
    seen = [one for one in requests if not one["path"].startswith(_ELSEWHERE)]
    assert seen, "no request was recorded, so none was checked"
    for request in seen:
        assert_valid_request(request)
    return len(seen)


def assert_valid_create(form: Mapping[str, Any], *, account_sid: str = "AC" + "1" * 32) -> None:
    """The form of one create is one that Twilio describes."""
    path = CREATES.format(AccountSid=account_sid)
    assert_valid_request({"method": "POST", "path": path, "query": {}, "form": form})


def assert_valid_answer(method: str, path: str, status: int, content: Any) -> None:
    """An answer of ours has every field that Twilio describes, and no other."""
    found = _operation(method, urlsplit(path).path)
    assert found is not None, f"{method} of a path that is not described"
    response = found[0]["responses"][str(status)]
    schema = response["content"]["application/json"]["schema"]
    wrongs = _wrongs(content, schema, "answer") + _missing(content, schema, "answer")
    assert not wrongs, f"{method} {path}: {'; '.join(wrongs)}"


def _missing(content: Any, schema: Mapping[str, Any], name: str) -> list[str]:
    """Twilio sends all its fields always, and a simulator must not invent any."""
    if isinstance(content, list):
        return [wrong for each in content for wrong in _missing(each, schema["items"], name)]
    if not isinstance(content, dict) or "properties" not in schema:
        return []
    described = schema["properties"]
    wrongs = [f"{name}.{key} is missing" for key in described if key not in content]
    wrongs += [f"{name}.{key} is not described" for key in content if key not in described]
    for key in described.keys() & content.keys():
        wrongs += _missing(content[key], described[key], f"{name}.{key}")
    return wrongs
