"""What the Dramatiq rival's worker imports; `python -m tests.bench.rival_dramatiq N` fills its queue."""

from __future__ import annotations

import os
import sys
from typing import Any

import dramatiq
from dramatiq.brokers import redis

from tests.bench.loops import post_with_sdk, sdk

make_broker: Any = redis.RedisBroker  # untyped
broker = make_broker(url=os.environ["RIVAL_BROKER"], namespace="rival")
dramatiq.set_broker(broker)
_client = sdk(os.environ["RIVAL_URL"], 8)


@dramatiq.actor(queue_name="rival")
def post(number: int) -> None:
    """One text."""
    post_with_sdk(_client, number)


if __name__ == "__main__":
    for one in range(int(sys.argv[1])):
        post.send(one)
