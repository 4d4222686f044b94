"""Hurrying a worker."""

import socket
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from lims import heartbeat
from lims.celery import app
from lims.later import hurry


@pytest.fixture
def broker_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Point the application at another broker."""
    kept = app.conf.broker_url

    def point(url: str) -> None:
        app.conf.broker_url = url
        app.conf.broker_write_url = url

    yield point
    app.conf.broker_url = kept
    app.conf.broker_write_url = kept


def test_it_returns_false_at_once_when_the_broker_is_down(broker_at: object) -> None:
    broker_at("redis://127.0.0.1:1/0")  # type: ignore[operator]
    began = time.monotonic()
    assert hurry("nobody.knows.this", 7) is False
    assert time.monotonic() - began < 1


def test_it_does_not_wait_for_a_broker_that_accepts_and_never_answers(broker_at: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")  # type: ignore[operator]
        began = time.monotonic()
        assert hurry("nobody.knows.this", 7) is False
        assert time.monotonic() - began < 2


@pytest.mark.broker
def test_it_leaves_the_message_with_the_broker(broker: str) -> None:
    """Counted by the broker itself: a worker of another test may take the message at once."""
    with heartbeat.broker_client(broker) as client:
        before = _pushed(client)
        assert hurry("nobody.knows.this", 7) is True
        assert _pushed(client) == before + 1
        client.delete("celery")


def _pushed(client: Redis) -> int:
    """How many messages the broker was ever given."""
    return int(client.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0))
