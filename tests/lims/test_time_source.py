"""The server's clock against a time server: a real one, on a socket of this machine, that is right or wrong."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import ntplib
import pytest
from pytest_django import Settings

from lims import time_source
from lims.accounts.permissions import Role
from lims.ledger.models import Entry
from lims.notices.commands import acknowledge
from lims.notices.models import Notice
from tests.cast import Cast


@contextmanager
def time_server(ahead_s: float) -> Iterator[str]:
    """A time server whose clock is so many seconds ahead of ours."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    asked, client = server.recvfrom(512)
                except OSError:
                    return
                now = time.time() + ahead_s + ntplib.NTP.NTP_DELTA
                stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
                # Version 4, server; stratum 1; their transmit time is our originate time.
                server.sendto(bytes([0x24, 1, 6, 0xEC]) + bytes(12) + stamp + asked[40:48] + stamp + stamp, client)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{port}"


def open_notices() -> list[Notice]:
    return list(Notice.objects.open().order_by("pk"))


@pytest.mark.clause("11.10(e)", "R07")
def test_a_clock_that_drifted_is_told_to_qa_and_administrators_until_acknowledged(
    cast: Cast, settings: Settings
) -> None:
    with time_server(+9.0) as server:
        settings.TIME_SERVER = server
        assert time_source.watch() == "drifted"
        assert time_source.watch() == "drifted"
        told = open_notices()
        assert [n.role for n in told] == [Role.QA, Role.ADMINISTRATOR]
        assert "+9.0 s" in told[0].text
        assert Entry.objects.filter(name="clock:drift").count() == 1
        acknowledge(cast.qa, notice=told[0], comment="The host is being set right")
        assert time_source.watch() == "drifted"
        assert len(open_notices()) == 1, "the administrator's is open still"


def test_a_clock_that_is_right_is_told_to_nobody(cast: Cast, settings: Settings) -> None:
    with time_server(-1.0) as server:
        settings.TIME_SERVER = server
        assert time_source.watch() == "right"
        settings.TIME_LIMIT_S = 0
        assert time_source.watch() == "drifted"


def test_a_time_server_that_does_not_answer_is_told(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_source, "_PATIENCE_S", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        settings.TIME_SERVER = f"127.0.0.1:{silent.getsockname()[1]}"
        assert time_source.watch() == "unknown"
    assert "does not answer" in open_notices()[0].text


def test_nothing_is_watched_where_no_time_server_is_named(cast: Cast) -> None:
    assert time_source.watch() == "not watched"
    assert not open_notices()
