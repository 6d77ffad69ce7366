"""The errors of the app; the type is the reaction.

    VolleyError
    ├─ Refused          the caller's fault: shown, changes nothing, never retried
    │  ├─ NotSignedIn       401  nobody we know is asking
    │  ├─ Forged            401  a token that is not Pipedrive's, or not for this query
    │  ├─ Forbidden         403  known, but may not do this
    │  ├─ NotFound          404  not there, or not theirs (we never say which)
    │  ├─ Conflict          409  what they saw is no longer what is
    │  ├─ TooLong           413  more people or text than we take
    │  ├─ BadRequest        422  we understood the words but not the wish
    │  └─ NotBuilt          501  we know the wish and can't fulfil it yet
    ├─ Away                 our own database is: nothing was written, try again until it is back
    ├─ CannotOpen           a sealed value that is not for us: treated as absent
    └─ ProviderError
       ├─ Unavailable       it certainly did nothing: wait, then try again
       ├─ Throttled         it asked us to wait: try again exactly then
       ├─ Rejected          it said no to this one message
       ├─ Unconfirmed       it may have done it: never repeated by itself, looked up and shown
       └─ Misconfigured     it said no to us: stop, say who must fix what

Anything else is a bug and is left to crash.
"""

from __future__ import annotations


class VolleyError(Exception):
    """Root of every error that somebody reacts to."""


class Refused(VolleyError):
    """The request cannot be followed; nothing was changed.

    `reason` is a stable key for programs (JSON's `error`), `title` is what happened and `advice`
    what to do now, both for the rep to read.
    """

    status = 400

    def __init__(self, reason: str, title: str, advice: str = "") -> None:
        super().__init__(f"{reason}: {title}")
        self.reason = reason
        self.title = title
        self.advice = advice


class NotSignedIn(Refused):
    """Nobody we know is asking."""

    status = 401


class Forged(Refused):
    """A token that Pipedrive did not sign, or signed for something else."""

    status = 401


class Forbidden(Refused):
    """Somebody we know asks for what is not theirs to do."""

    status = 403


class NotFound(Refused):
    """Not there, or not theirs; the answer is the same for both."""

    status = 404


class Conflict(Refused):
    """What they saw is no longer what is."""

    status = 409


class TooLong(Refused):
    """More people or text than we take."""

    status = 413


class BadRequest(Refused):
    """The words were readable, the wish was not."""

    status = 422


class Away(VolleyError):
    """Our own database can't be reached, or can't be written to; its text is the cause's name."""


class CannotOpen(VolleyError):
    """A sealed value of another key, another row, or damaged: as good as absent."""


class TooMany(Refused):
    """Too often in a short time."""

    status = 429


class Busy(Refused):
    """More at once than we can keep; whoever asks again soon is heard."""

    status = 503

    def __init__(self) -> None:
        super().__init__("busy", "Too much comes in at once.", "Try again in a few seconds.")


class NotBuilt(Refused):
    """Not in this version of the app."""

    status = 501


class ProviderError(VolleyError):
    """A provider did not do what we asked.

    `code` is the provider's own code as text ("21211", "429", "" if it gave none), `detail` a
    sentence for support without personal data, `request_id` the provider's reference for this call.
    """

    def __init__(self, code: str = "", detail: str = "", *, request_id: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail
        self.request_id = request_id


class Unavailable(ProviderError):
    """It certainly did nothing; trying again later is safe."""


class Throttled(ProviderError):
    """It asked us to wait `after` seconds; it did nothing.

    `concurrent`: how many of our requests it counted at once, 0 where it did not say.
    """

    def __init__(
        self,
        after: float,
        code: str = "429",
        detail: str = "",
        *,
        request_id: str = "",
        concurrent: int = 0,
    ) -> None:
        super().__init__(code, detail, request_id=request_id)
        self.after = after
        self.concurrent = concurrent


class Rejected(ProviderError):
    """It said no to this one message, for good."""


class Unconfirmed(ProviderError):
    """It may have done it; the answer was lost."""


class Misconfigured(ProviderError):
    """It said no to us: login, sender, plan. Somebody must fix something first."""
