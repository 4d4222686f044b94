"""The sign of life a worker leaves in the broker, and where it is read.

A key that expires, rather than a ping that waits for an answer: reading it costs one round trip, and a worker whose
loop hangs stops renewing it.
"""

import logging
from typing import Any

from celery import bootsteps
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

KEY = "lims:worker:alive"
EVERY_S = 5.0
EXPIRES_S = 16
PATIENCE_S = 0.5


def broker_client(broker_url: str) -> Redis:
    """A client for Celery's broker URL that waits at most half a second for each step and never retries."""
    url = broker_url.replace("redis+socket://", "unix://", 1)
    return Redis.from_url(
        url,
        socket_connect_timeout=PATIENCE_S,
        socket_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
    )


def states(broker_url: str) -> tuple[str, str]:
    """The state of broker and worker: «ok», «down», or «unknown» for a worker whose broker does not answer."""
    try:
        with broker_client(broker_url) as client:
            alive = client.exists(KEY)
    except (RedisError, OSError):
        return "down", "unknown"
    return "ok", "ok" if alive else "down"


class Heartbeat(bootsteps.StartStopStep):
    """Renews the key from the worker's own timer. It is left to expire: another worker may have written it."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        self.renewal: Any = None

    def start(self, worker: Any) -> None:
        broker_url = worker.app.conf.broker_url
        self.beat(broker_url)
        self.renewal = worker.timer.call_repeatedly(EVERY_S, self.beat, (broker_url,))

    def stop(self, worker: Any) -> None:
        if self.renewal is not None:
            self.renewal.cancel()

    def beat(self, broker_url: str) -> None:
        try:
            with broker_client(broker_url) as client:
                client.set(KEY, "1", ex=EXPIRES_S)
        except (RedisError, OSError) as error:
            # Celery itself reports and mends the lost broker; this only says why /healthz will call the worker down.
            logger.warning("The sign of life was not taken by the broker: %s", error)
