"""Starting everything in order, watching over it, and stopping it: the life of one `make run`.

Says what it does in plain sentences; what the pieces say goes to their logs.
"""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TextIO

from lims import env
from lims.supervisor import broker
from lims.supervisor.pieces import Piece

# How long pieces may take to stop when asked, seconds. A worker gives its task back to the broker afterwards.
PATIENCE_S = 10.0
LOOK_EVERY_S = 0.2
FILL_ATTEMPTS = 3


class CannotStart(Exception):
    """Something outside must change first; the message says what."""


class Stopped(Exception):
    """Somebody asked to stop while the start was still under way."""


class Everything:
    """All pieces of one data folder."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.data_dir = env.data_dir(project)
        self.host = env.text("HOST", "127.0.0.1")
        self.port = env.number("PORT", 8000)
        self.marks = self.data_dir / "demonstration"
        self.pieces: list[Piece] = []
        self.filling: Piece | None = None
        self.asked_to_stop = 0
        self._lock: TextIO | None = None

    # --- The whole -----------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Run until somebody asks to stop; return the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        began = time.monotonic()
        try:
            self.claim()
            self.start_broker()
            whose = self.prepare()
            whose = self.first_start(whose)
            self.start_pieces()
            self.wait_for_pages()
            self.welcome(whose, seconds=time.monotonic() - began)
            self.fill(whose)
            self.watch()
        except CannotStart as reason:
            say(f"Can't start. {reason}")
            return 1
        except Stopped:
            return 0
        finally:
            self.stop()
        return 0

    def claim(self) -> None:
        """Make sure that nobody else uses this data folder or this port. Raises CannotStart."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = (self.data_dir / "supervisor.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"Another one is running with the data folder {self.data_dir}. Stop it, or set DATA_DIR to another."
            ) from error
        if not port_is_free(self.host, self.port):
            raise CannotStart(
                f"Port {self.port} is in use by another program. Choose another: make run PORT={self.port + 1}"
            )

    # --- The parts of a start ------------------------------------------------------------------------------------

    def start_broker(self) -> None:
        """Start the embedded broker, unless REDIS_URL names one, and wait until it answers. Raises CannotStart."""
        if env.text("REDIS_URL"):
            say("The broker is the one that REDIS_URL names.")
            return
        try:
            program = broker.program()
        except broker.NoBroker as error:
            raise CannotStart(str(error)) from error
        piece = self._piece("broker", *broker.arguments(program, self.data_dir))
        self.pieces.append(piece)
        piece.start()
        listens = env.socket_path(self.data_dir)
        deadline = time.monotonic() + 20
        while not broker.answers(listens):
            if not piece.is_running or time.monotonic() > deadline:
                raise CannotStart(f"The broker does not answer. Its last words:\n{piece.last_words()}")
            self._pause()
        say(f"The broker is running ({program.name}).")

    def prepare(self) -> str:
        """Bring database and static files up to date; return whose site it is. Raises CannotStart."""
        say("Preparing the database and the static files.")
        output = self._finish("prepare", self._manage("prepare"))
        words = [line.removeprefix("site: ") for line in output.splitlines() if line.startswith("site: ")]
        return words[-1] if words else "none"

    def first_start(self, whose: str) -> str:
        """Begin the demonstration where nothing has begun; return whose site it is now. Raises CannotStart."""
        if whose == "none":
            # Marks left by a database that is gone say nothing about this one.
            for mark in self.marks.glob("*"):
                mark.unlink()
        if whose == "laboratory":
            return whose
        if whose == "none" and not env.flag("DEMONSTRATION", default=not env.flag("PRODUCTION")):
            return whose
        if not self._mark("people").exists():
            say("First start: making the demonstration laboratory, its people and its materials.")
            self._finish("demonstration", self._manage("seed_demo", "--people"))
            accounts = self._finish("demonstration-accounts", self._manage("seed_demo", "--accounts"))
            self._set_mark("accounts", accounts)
            self._set_mark("people", "")
        return "demonstration"

    def start_pieces(self) -> None:
        """Start worker, timetable and web server."""
        python = sys.executable
        celery = (python, "-m", "celery", "-A", "lims.celery")
        self.pieces += [
            self._piece(
                "worker",
                *celery,
                "worker",
                *("--concurrency", env.text("WORKER_PROCESSES", "2")),
                *("--loglevel", "INFO"),
                "--without-gossip",
                "--without-mingle",
            ),
            self._piece("timetable", *celery, "beat", "--loglevel", "INFO", "--pidfile="),
            self._piece(
                "web server",
                *(python, "-m", "gunicorn", "lims.wsgi:application"),
                *("--bind", f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"),
                *("--workers", env.text("WEB_PROCESSES", "2")),
                *("--threads", "4"),
                *("--timeout", "60"),
                *("--graceful-timeout", "5"),
                *("--access-logfile", "-"),
                "--no-control-socket",
            ),
        ]
        for piece in self.pieces:
            if piece.process is None:
                piece.start()
        say("Starting the worker, the timetable and the web server.")

    def wait_for_pages(self) -> None:
        """Wait until the pages answer. Raises CannotStart when they do not within a minute."""
        web = self.pieces[-1]
        deadline = time.monotonic() + 60
        while not pages_answer(self.host, self.port):
            self.look_after()
            if web.deaths >= 3 or time.monotonic() > deadline:
                raise CannotStart(f"The pages do not answer. Last words of the web server:\n{web.last_words()}")
            self._pause()

    def welcome(self, whose: str, *, seconds: float) -> None:
        """Say where the pages are, and who may sign in."""
        shown = {"0.0.0.0": "localhost", "127.0.0.1": "localhost", "::": "localhost"}.get(self.host, self.host)
        say("")
        say(f"Ready after {seconds:.0f} s: http://{shown}:{self.port}/")
        if whose == "demonstration":
            say("This is a demonstration: everything in it is synthetic. Sign in as one of:")
            say(self._mark("accounts").read_text().rstrip())
        elif whose == "none":
            say("No laboratory has begun here. Begin one: .venv/bin/python manage.py start_site")
        say(f"Files and logs are in {self.data_dir}. Press Ctrl-C to stop.")
        say("")

    def fill(self, whose: str) -> None:
        """Go on filling the demonstration in the background, once."""
        if whose != "demonstration" or self._mark("filled").exists():
            return
        say("The demonstration goes on filling with 28 donors; the pages answer meanwhile.")
        nice = ("nice", "-n", "10") if shutil.which("nice") else ()
        self.filling = self._piece("demonstration", *nice, *self._manage("seed_demo", "--fill"))
        self.filling.start()

    # --- Watching and stopping -----------------------------------------------------------------------------------

    def watch(self) -> None:
        """Look after the pieces until somebody asks to stop."""
        while not self.asked_to_stop:
            self.look_after()
            self.look_after_filling()
            time.sleep(LOOK_EVERY_S)

    def look_after(self) -> None:
        """Say which piece has ended, and start it again when its time has come."""
        for piece in self.pieces:
            how = piece.ended()
            if how is not None:
                wait = piece.wait_s()
                when = f"in {wait:.0f} s" if wait else "now"
                say(f"The {piece.name} {how}. It is started again {when}. Its log: {piece.log}")
            if piece.is_due():
                piece.start()

    def look_after_filling(self) -> None:
        """Note when the demonstration is full; try again a few times when filling broke."""
        if self.filling is None or self.filling.is_running:
            return
        finished = self.filling.process is not None and self.filling.process.returncode == 0
        how = self.filling.ended()
        if finished:
            self._set_mark("filled", "")
            say("The demonstration is complete.")
            self.filling = None
        elif how is not None and self.filling.deaths >= FILL_ATTEMPTS:
            say(f"Filling the demonstration {how} and is given up until the next start. Its log: {self.filling.log}")
            self.filling = None
        elif how is not None:
            say(f"Filling the demonstration {how}. It goes on where it was. Its log: {self.filling.log}")
        elif self.filling.is_due():
            self.filling.start()

    def stop(self) -> None:
        """Stop everything, the broker last: a worker gives its unfinished task back to it."""
        started = [piece for piece in self.pieces if piece.process is not None]
        if started:
            say("Stopping.")
        last = [piece for piece in started if piece.name == "broker"]
        first = [piece for piece in started if piece.name != "broker"]
        if self.filling is not None:
            first.append(self.filling)
        for together in (first, last):
            for piece in together:
                piece.ask_to_stop()
            deadline = time.monotonic() + PATIENCE_S
            while any(piece.is_running for piece in together):
                if time.monotonic() > deadline or self.asked_to_stop > 1:
                    break
                time.sleep(0.05)
            for piece in together:
                piece.stop_now()
        if started:
            say("Everything is stopped.")
        if self._lock is not None:
            self._lock.close()

    # --- Small parts ---------------------------------------------------------------------------------------------

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1

    def _pause(self) -> None:
        if self.asked_to_stop:
            raise Stopped
        time.sleep(LOOK_EVERY_S)

    def _manage(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, str(self.project / "manage.py"), *arguments)

    def _mark(self, name: str) -> Path:
        return self.marks / name

    def _set_mark(self, name: str, content: str) -> None:
        self.marks.mkdir(exist_ok=True)
        self._mark(name).write_text(content)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "REDIS_URL": env.broker_url(self.data_dir),
            "DJANGO_SETTINGS_MODULE": env.text("DJANGO_SETTINGS_MODULE", "lims.settings"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(self.project),
        }

    def _piece(self, name: str, *argv: str) -> Piece:
        log = self.data_dir / "logs" / f"{name.replace(' ', '-')}.log"
        return Piece(name, argv, log=log, environment=self._environment())

    def _finish(self, name: str, argv: tuple[str, ...]) -> str:
        """Run one step to its end and return what it said. Raises CannotStart with its last words when it failed."""
        step = self._piece(name, *argv)
        step.log.unlink(missing_ok=True)
        step.start()
        try:
            while step.is_running:
                self._pause()
            if step.process is not None and step.process.returncode != 0:
                raise CannotStart(f"This step failed: {' '.join(argv[1:])}\n{step.last_words()}")
        finally:
            step.stop_now()
        return step.log.read_text(errors="replace")


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Port 0 always can. Raises CannotStart on a host that is not ours."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotStart(f"HOST is «{host}», which is not an address of this machine.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(address)
        except OSError:
            return False
    return True


def pages_answer(host: str, port: int) -> bool:
    """Whether the health page answers at all."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = http.client.HTTPConnection(reached, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(sentence: str) -> None:
    """Print at once. A reader who went away does not stop the laboratory."""
    try:
        print(sentence, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
