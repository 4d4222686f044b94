"""The supervisor, run for real: what it starts, restarts, refuses and leaves behind."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lims import env
from lims.supervisor import broker
from lims.supervisor.everything import port_is_free
from lims.supervisor.pieces import Piece
from tests.services import PROJECT, end_with_group, processes_of, until

# Read before each start, so that a test run beside another never meets its processes.
SHORT_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR")


class Running:
    """A supervisor that is running in a folder of its own."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
        self.process = process
        self.folder = folder
        self.port = port

    def said(self) -> str:
        return (self.folder / "said.txt").read_text()

    def health(self) -> dict[str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            answer: dict[str, str] = json.loads(connection.getresponse().read())
            return answer
        except (OSError, http.client.HTTPException):
            return {"status": "no answer"}
        finally:
            connection.close()

    def children(self) -> list[int]:
        return [pid for pid in processes_of(self.folder) if pid != self.process.pid]

    def pieces(self) -> dict[int, str]:
        """The processes directly under the supervisor, with their command lines."""
        found = {}
        for pid in self.children():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # It ended while we looked.
            if parent == self.process.pid:
                found[pid] = command
        return found

    def piece(self, words: str) -> int | None:
        """The process whose command line has these words."""
        return next((pid for pid, command in self.pieces().items() if words in command), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(folder: Path, port: int, **settings: str) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    environment = {name: os.environ[name] for name in SHORT_ENVIRONMENT if name in os.environ}
    environment |= {"DATA_DIR": str(folder), "PORT": str(port), "DEMONSTRATION": "0", **settings}
    with (folder / "said.txt").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "lims.supervisor"],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@contextmanager
def supervised(folder: Path, **settings: str) -> Iterator[Running]:
    running = Running(started(folder, port := free_port(), **settings), folder, port)
    try:
        until(
            lambda: "Ready after" in running.said() or running.process.poll() is not None,
            within_s=90,
            what="the start",
        )
        assert running.process.poll() is None, running.said()
        yield running
    finally:
        end_with_group(running.process)
        for pid in processes_of(folder):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with supervised(tmp_path_factory.mktemp("supervised")) as it:
        yield it


@pytest.mark.broker
def test_everything_answers_once_it_says_ready(running: Running) -> None:
    assert re.search(rf"^Ready after \d+ s: http://localhost:{running.port}/$", running.said(), re.MULTILINE)
    until(lambda: running.health()["status"] == "ok", within_s=30, what="a healthy answer")


@pytest.mark.broker
@pytest.mark.parametrize(
    ("name", "words"),
    [("web server", "gunicorn"), ("worker", " worker "), ("timetable", " beat "), ("broker", "unixsocket")],
)
@pytest.mark.clause("A11-16")
def test_it_starts_a_piece_that_dies_again_and_says_which(running: Running, name: str, words: str) -> None:
    until(lambda: running.health()["status"] == "ok", within_s=30, what="a healthy answer")
    before = running.piece(words)
    assert before
    os.kill(before, signal.SIGKILL)
    until(lambda: f"The {name} was killed by signal 9." in running.said(), what="a word about it")
    until(lambda: running.piece(words) not in {None, before}, what="the new process")
    until(lambda: running.health()["status"] == "ok", within_s=40, what="a healthy answer")


@pytest.mark.broker
def test_it_refuses_a_folder_that_another_one_uses(running: Running, tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(running.folder), "PORT": str(free_port())}
    second = subprocess.run(
        [sys.executable, "-m", "lims.supervisor"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 1
    assert "Another one is running with the data folder" in second.stdout
    assert running.process.poll() is None


@pytest.mark.broker
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_however_it_ends(tmp_path: Path, how: signal.Signals) -> None:
    with supervised(tmp_path) as running:
        assert len(running.children()) >= 4
        os.kill(running.process.pid, how)
        running.process.wait(timeout=30)
        until(lambda: not running.children(), within_s=10, what="the end of every process")
        if how != signal.SIGKILL:
            assert running.process.returncode == 0
            assert "Everything is stopped." in running.said()
            assert "was killed" not in running.said()


def test_it_refuses_a_port_in_use_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
        process = started(tmp_path, port)
        assert process.wait(timeout=30) == 1
    said = (tmp_path / "said.txt").read_text()
    assert f"Port {port} is in use by another program. Choose another: make run PORT={port + 1}" in said
    assert processes_of(tmp_path) == []


def test_it_says_which_setting_is_wrong(tmp_path: Path) -> None:
    process = started(tmp_path, 8000, PORT="eight thousand")
    assert process.wait(timeout=30) == 1
    assert "PORT is «eight thousand». Set it to a whole number." in (tmp_path / "said.txt").read_text()


def test_a_piece_that_keeps_dying_waits_longer_each_time(tmp_path: Path) -> None:
    now = [0.0]
    piece = Piece("short", ["false"], log=tmp_path / "log", environment=dict(os.environ), clock=lambda: now[0])
    waits = []
    for _ in range(8):
        piece.start()
        until(lambda: not piece.is_running)
        assert piece.ended() == "ended with code 1"
        assert piece.ended() is None, "an end is told once"
        waits.append(piece.wait_s())
    assert waits == [0, 1, 2, 4, 8, 16, 30, 30]
    assert not piece.is_due()
    now[0] += 30
    assert piece.is_due()


def test_a_piece_that_ran_well_starts_again_at_once(tmp_path: Path) -> None:
    now = [0.0]
    piece = Piece("long", ["false"], log=tmp_path / "log", environment=dict(os.environ), clock=lambda: now[0])
    for _ in range(3):
        piece.start()
        until(lambda: not piece.is_running)
        now[0] += 3600
        piece.ended()
        assert piece.is_due()


def test_a_long_folder_name_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    listens = env.socket_path(deep)
    assert len(os.fsencode(listens)) <= env.LONGEST_SOCKET_PATH
    assert listens != env.socket_path(deep / "other")
    argv = broker.arguments(broker.embedded_program(), deep)
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    try:
        until(lambda: broker.answers(listens), what="the broker's answer")
    finally:
        server.kill()
        server.wait()
        listens.unlink(missing_ok=True)
        listens.parent.rmdir()


def test_a_log_that_grew_large_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "piece.log"
    log.write_bytes(b"x" * 5_000_001)
    piece = Piece("echo", ["echo", "hello"], log=log, environment=dict(os.environ))
    piece.start()
    until(lambda: not piece.is_running)
    piece.stop_now()
    assert log.read_text() == "hello\n"
    assert (tmp_path / "piece.old.log").stat().st_size == 5_000_001
