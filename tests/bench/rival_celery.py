"""What the Celery rival's worker imports; `python -m tests.bench.rival_celery N` fills its queue.

Typed as Any: Celery is installed for the benchmark only, in a folder of its own.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from tests.bench.loops import post_with_sdk, sdk

celery: Any = importlib.import_module("celery")
app: Any = celery.Celery(
    "rival", broker=os.environ["RIVAL_BROKER"].replace("unix:", "redis+socket:")
)
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True
_client = sdk(os.environ["RIVAL_URL"], 4)


@app.task(name="rival.post")  # type: ignore[untyped-decorator] # see above
def post(number: int) -> None:
    """One text."""
    post_with_sdk(_client, number)


if __name__ == "__main__":
    for one in range(int(sys.argv[1])):
        post.delay(one)
