"""The Celery application: how work that may wait is carried to a worker, and the timetable of what recurs.

Celery only hurries what a database row already asks for. So a lost message costs time, never work.
"""

import os

from celery import Celery
from django.conf import settings

from lims.heartbeat import Heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lims.settings")

# Longer than the longest task: a message that was not acknowledged in this time is given to another worker, seconds.
VISIBILITY_TIMEOUT_S = 15 * 60

app = Celery("lims")
app.steps["worker"].add(Heartbeat)


def configure() -> None:
    """Give the application its broker and its rules; reads Django's settings once, lazily, when first needed."""
    app.conf.update(
        broker_url=settings.BROKER_URL,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            # Look for messages of a killed worker every 5 s; the defaults bring them back only after about 100 s.
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
        },
        broker_connection_retry_on_startup=True,
        # None: a worker waits for its broker as long as it takes.
        broker_connection_max_retries=None,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        enable_utc=True,
        worker_hijack_root_logger=False,
        beat_schedule_filename=str(settings.DATA_DIR / "beat-schedule"),
        beat_schedule={
            "sweep print requests": {
                "task": "batches.tasks.sweep_print_requests",
                "schedule": 30.0,
                # A timetable entry that waited out a broken broker is not run late as well.
                "options": {"expires": 30},
            },
            "write a checkpoint of the ledger": {
                "task": "lims.tasks.write_checkpoint",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
            "watch the clock": {"task": "lims.tasks.watch_clock", "schedule": 3600.0, "options": {"expires": 3600}},
            "prune failure windows": {"task": "lims.tasks.prune_failure_windows", "schedule": 600.0},
            "sweep notices": {
                "task": "lims.notices.tasks.sweep_notices",
                "schedule": 60.0,
                "options": {"expires": 60},
            },
        },
    )


app.on_configure.connect(lambda **_: configure(), weak=False)
app.autodiscover_tasks(["batches", "lims", "lims.notices"])
