"""What is wrong with the environment, in plain sentences that never repeat a value that is secret."""

from __future__ import annotations

from pydantic import ValidationError

#: What to do about a setting that must be there.
_MISSING = {
    "SECRET_KEY": "Make one once and keep it: "
    "python3 -c 'import secrets; print(secrets.token_hex(32))'"
}


def plain(error: Exception) -> tuple[str, ...]:
    """A sentence for each setting; anything but settings' errors says it itself."""
    if not isinstance(error, ValidationError):
        return (str(error),)
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return tuple(_sentence([str(part) for part in one["loc"]], one) for one in found)


def _sentence(place: list[str], one: object) -> str:
    assert isinstance(one, dict)
    name, message = "".join(place).upper(), str(one["msg"]).removeprefix("Value error, ")
    if one["type"] == "missing":
        return f"{name} is not set. {_MISSING.get(name, '')}".strip()
    if name and name not in message:
        message = f"{name}: {message[:1].lower()}{message[1:]}"
    return f"{message}."
