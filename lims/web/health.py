"""GET /healthz: whether database, broker and worker answer, as JSON, and whether the ledger's checkpoints keep up.

Says nothing about records.
"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout

from lims import heartbeat
from lims.ledger import checkpoints


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 503 when the database is down; 200 with «degraded» when only broker or worker is.

    Without broker or worker every act still works and printing waits, so a proxy must keep sending people here. A late
    checkpoint is somebody's work too, but no reason to send people away: it never turns the status.
    """
    database = database_state()
    broker, worker = heartbeat.states(settings.BROKER_URL)
    status = "ok" if database == broker == worker == "ok" else "degraded"
    if database != "ok":
        status = "down"
    return JsonResponse(
        {
            "status": status,
            "database": database,
            "broker": broker,
            "worker": worker,
            "checkpoint": checkpoints.state() if database == "ok" else "unknown",
        },
        status=503 if status == "down" else 200,
    )


def database_state() -> str:
    """«ok» when the database answers a question, else «down»."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout):
        return "down"
    return "ok"
