"""R9, R10, R11: a Twilio that slows us down, breaks its answers, or cannot be reached."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tests.chaos.audit import closed, finished, found_late, until_quiet
from tests.chaos.gate import PASS, Gate, Verdict
from tests.chaos.trial import Figures, Trial
from tests.servers import wait_until

NOT_NOW = b"HTTP/1.1 429 Too Many Requests\r\n%bContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
NOT_NOW_BODY = b'{"code":20429, "status":429}'
BROKEN = b"HTTP/1.1 %d Broken\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nsorry"
WAIT = 1.0


def throttled(trial: Trial, *, people: int = 10_500, seconds: float = 300) -> Figures:
    """R9: every tenth create is told to slow down, half of them for how long."""
    hold, bare = (
        Verdict(forward=False, instead=NOT_NOW % b"Retry-After: 1\r\n" + NOT_NOW_BODY),
        Verdict(forward=False, instead=NOT_NOW % b"" + NOT_NOW_BODY),
    )
    begun: list[float] = []

    def judge(to: str) -> Verdict:
        luck, now = trial.luck.random(), time.monotonic()
        begun.append(now)
        if luck >= 0.1 or now > begun[0] + seconds:
            return PASS
        return hold if luck < 0.05 else bare

    with trial.scene(people=people, judge=judge, twilio="--latency 0.02") as scene:
        batch, ready = scene.everybody_sent()
        until_quiet(scene, batch, seconds=120 + 2 * seconds)
        books = closed(scene, batch)
        assert books.counts["delivered"] == ready, books.counts
        assert scene.gate is not None
        early, told = _too_early(scene.gate, hold)
    assert told, "nobody was told to wait"
    assert not early, f"{early} creates inside a Retry-After"
    return {"people": ready, "told to wait": told, "creates inside a wait": early}


def _too_early(gate: Gate, hold: Verdict) -> tuple[int, int]:
    """Creates that began while everybody had been told to wait, and how often they were told."""
    waits = [one.answered for one in gate.passed if one.verdict is hold]
    slack = 0.1  # a claim that was just made when the answer came is posted
    early = sum(
        any(wait + slack < one.begun < wait + WAIT - slack for wait in waits) for one in gate.passed
    )
    return early, len(waits)


def broken_answers(trial: Trial, *, people: int = 2_800, step: int = 1) -> Figures:
    """R10: taken, and then the answer is cut at every byte, reset, silent, or an error."""
    faults = [Verdict(upto=k, end="close") for k in range(0, 1_050, step)]
    others = (
        Verdict(upto=0, end="reset"),
        Verdict(upto=0, end="hang"),
        Verdict(instead=BROKEN % 500),
        Verdict(instead=BROKEN % 503),
    )
    faults += others * max(2, 40 // step)
    trial.luck.shuffle(faults)
    lost: set[str] = set()

    def judge(to: str) -> Verdict:
        # every other text is let through: an account that never answers is left alone
        if not faults or trial.luck.random() < 0.5:
            return PASS
        lost.add(to)
        return faults.pop()

    with trial.scene(
        people=people, judge=judge, twilio="--lose 0.5 --list-lag 3", LOOKUPS="2s,5s,10s,15s"
    ) as scene:
        batch, ready = scene.everybody_sent()
        until_quiet(scene, batch, seconds=300)
        assert not faults, f"{len(faults)} faults were not met"
        books = closed(scene, batch)
        assert books.counts["delivered"] == ready, books.counts
        late = found_late(scene)
    return {"people": ready, "answers broken": len(lost), **late, "right in the end": "all"}


def lagging(trial: Trial, *, people: int = 300, lag: float = 130) -> Figures:
    """R10: answers and receipts are lost, and Twilio lists what it took only after minutes."""
    lost: set[str] = set()

    def judge(to: str) -> Verdict:
        if trial.luck.random() < 0.5:
            return PASS
        lost.add(to)
        return Verdict(upto=0, end="reset")

    looks = ",".join(f"{share * lag:.0f}s" for share in (0.1, 0.5, 1.2))
    twilio = f"--no-callbacks --list-lag {lag}"
    with trial.scene(people=people, judge=judge, twilio=twilio, LOOKUPS=looks) as scene:
        batch, ready = scene.everybody_sent()
        wait_until(lambda: _nobody_waits(scene.rep.progress(batch)["counts"]), seconds=60)
        known = closed(scene, batch, hidden_in=frozenset({"sending", "unconfirmed"})).counts
        until_quiet(scene, batch, seconds=60 + 2 * lag)
        books = closed(scene, batch)
        assert books.counts["unconfirmed"] == 0, books.counts
        late = found_late(scene)
    assert late["by look-up"] == len(lost) > 0, late
    return {
        "people": ready,
        "answers and receipts lost": len(lost),
        "the list lags by (s)": lag,
        "unconfirmed meanwhile": known["unconfirmed"],
        **late,
    }


def _nobody_waits(counts: Mapping[str, int]) -> bool:
    """Nor is anybody on the wire, who might come back."""
    return not counts.get("ready", 0) + counts.get("sending", 0)


def unreachable(trial: Trial, *, people: int = 1_000, seconds: float = 6) -> Figures:
    """R11: nobody listens for a while: certainly not sent, so everybody is tried again."""
    with trial.scene(people=people, judge=lambda to: PASS, twilio="--latency 0.05") as scene:
        assert scene.gate is not None
        batch, ready = scene.everybody_sent()
        scene.until_texts(ready // 4)
        scene.gate.shut()
        time.sleep(seconds)  # so long nobody listens
        scene.gate.open()
        until_quiet(scene, batch, seconds=90)
        assert closed(scene, batch).counts["delivered"] == ready
    return {"people": ready, "unreachable (s)": seconds}


def refused_login(trial: Trial, *, people: int = 1_000) -> Figures:
    """R11: 401 pauses the batch after a handful; mended and told to go on, everybody is texted."""
    no = Verdict(forward=False, instead=BROKEN.replace(b"%d Broken", b"401 Unauthorized"))
    refusing = [False]
    asked = []

    def judge(to: str) -> Verdict:
        asked.append(refusing[0])
        return no if refusing[0] else PASS

    with trial.scene(people=people, judge=judge, twilio="--latency 0.05") as scene:
        batch, ready = scene.everybody_sent()
        scene.until_texts(ready // 4)
        refusing[0] = True
        wait_until(lambda: scene.rep.progress(batch)["phase"] == "paused", what="the pause")
        time.sleep(2)  # whoever would leave in spite of the pause has left
        books = closed(scene, batch, open_states=frozenset({"ready"}))
        assert books.counts["unconfirmed"] == 0, books.counts
        refusing[0] = False
        assert scene.rep.post(f"{batch}/resume").status_code == 202
        until_quiet(scene, batch, seconds=90)
        assert finished(scene, batch).counts["delivered"] == ready
    return {"people": ready, "refused before the pause": sum(asked)}
