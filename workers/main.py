"""The worker's entry: `dramatiq workers.main:broker --processes 1 --threads 8`."""

from __future__ import annotations

import os

# Each queue is polled this often (ms): Dramatiq's default of 1,000 adds half a second to a click.
os.environ.setdefault("dramatiq_worker_timeout", "100")

import dramatiq
import uvloop

from workers.actors import declare
from workers.broker import WorkerLife, make_broker
from workers.logs import configure
from workers.settings import Settings

uvloop.install()  # before Dramatiq makes its loop
settings = Settings()
configure(settings.log_level)
life = WorkerLife(settings)
broker = make_broker(settings, life)
dramatiq.set_broker(broker)
actors = declare(broker, life.crew)
