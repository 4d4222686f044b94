"""Asking a worker to hurry. The row that waits is the queue; a message only wakes somebody up.

So a message may be lost, and a screen never fails, nor waits long, because the broker is away: the timed sweep finds
the row later.
"""

import logging

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from lims.celery import app

logger = logging.getLogger(__name__)

# How long a page may wait for the broker, seconds.
PATIENCE_S = 0.5


def hurry(task_name: str, *args: int | str) -> bool:
    """Send the task by name; `args` are ids. Return whether the broker took the message. Raises nothing.

    Called after commit: a worker must find the row it is told about.
    """
    options = {
        **app.conf.broker_transport_options,
        "socket_connect_timeout": PATIENCE_S,
        "socket_timeout": PATIENCE_S,
        "max_retries": 0,
    }
    try:
        with app.connection_for_write(connect_timeout=PATIENCE_S, transport_options=options) as connection:
            app.send_task(task_name, args=args, connection=connection, retry=False, ignore_result=True)
    except (KombuError, RedisError, OSError) as error:
        logger.warning("The broker did not take %s%r and the sweep will find it: %s", task_name, args, error)
        return False
    return True
