"""One scenario's luck, folder and servers; the same seed gives the same luck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.scene import Scene, Servers, a_scene, tell_logs

Figures = dict[str, object]
#: What a small form does not wait for: look-ups come sooner.
HURRY = {"LOOKUPS": "1s,2s,4s", "SILENCE": "2s,4s,8s"}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a scenario gets; `folder` keeps the oracle's file and what processes print."""

    servers: Servers
    folder: Path
    luck: Random
    environment: Mapping[str, str] = field(default_factory=dict)

    def scene(self, **given: Any) -> AbstractContextManager[Scene]:
        """A scene on new tables; options as in `a_scene`, which go before the trial's own."""
        return a_scene(self.servers, self.luck, self.folder, **{**self.environment, **given})


@dataclass(frozen=True, slots=True)
class Sharing(Trial):
    """A scenario in a scene that is there already, with people of its own: booting takes longest."""

    there: Scene | None = None

    @contextmanager
    def scene(self, **given: Any) -> Iterator[Scene]:
        """The scene that is there; how fast its Twilio is stays as it is."""
        assert self.there is not None
        self.there.newcomers(given["people"])
        try:
            yield self.there
        except BaseException:
            tell_logs(self.there.fleet.folder)
            raise
