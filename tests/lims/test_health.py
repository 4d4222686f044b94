"""GET /healthz."""

import time
from subprocess import Popen

import pytest
from django.db import OperationalError, connection
from django.test import Client

from lims import clock
from lims.accounts.commands import record_sign_in
from lims.ledger import checkpoints
from tests.cast import Cast


@pytest.mark.django_db
def test_it_is_degraded_but_quick_while_the_broker_is_down(client: Client, settings: object) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    began = time.monotonic()
    response = client.get("/healthz")
    assert time.monotonic() - began < 2
    assert response.status_code == 200
    assert response.json() == {
        "status": "degraded",
        "database": "ok",
        "broker": "down",
        "worker": "unknown",
        "checkpoint": "none",
    }


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_it_is_ok_when_database_broker_and_worker_answer(client: Client, worker: Popen[bytes]) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "broker": "ok", "worker": "ok", "checkpoint": "none"}


@pytest.mark.django_db
def test_it_answers_503_when_the_database_does_not(client: Client) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["status"] == "down"
    assert response.json()["database"] == "down"
    assert response.json()["checkpoint"] == "unknown"


def test_a_late_checkpoint_is_told_and_sends_nobody_away(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.write()
    before = client.get("/healthz").json()
    assert before["checkpoint"] == "ok"
    record_sign_in(cast.technician)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + checkpoints.LATE_AFTER * 2)
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {**before, "checkpoint": "late"}


@pytest.mark.django_db
def test_it_changes_nothing(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
