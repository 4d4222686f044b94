"""A piece: one child process in a group of its own, its log, and how it is started, watched and stopped.

Not here: which pieces there are, and in which order (everything.py).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

# A piece that ran this long was healthy: its next death starts the waiting afresh, seconds.
HEALTHY_AFTER_S = 30.0
LONGEST_WAIT_S = 30.0
LOG_LIMIT_BYTES = 5_000_000

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, with_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent ends, however that happens. Linux only; elsewhere nothing."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, with_signal)
    if os.getppid() != parent:
        # The parent ended before the kernel was told.
        os.kill(os.getpid(), with_signal)


def leave_nothing(group: int) -> None:
    """Kill whatever is left of a process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class Piece:
    """One child process that is kept running."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        environment: dict[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self.start_again_at: float | None = None
        self._clock = clock
        self._started_at = 0.0

    def start(self) -> None:
        """Start the process. It is called from the main thread only: the kernel ties the child to that thread."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        parent = os.getpid()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                # A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops all in order.
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        self._started_at = self._clock()
        self.start_again_at = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ended(self) -> str | None:
        """How the process ended, once; None while it runs or after its end was told.

        Decides when it may start again: at once after a healthy run, later and later when it keeps dying.
        """
        if self.process is None or self.process.poll() is None:
            return None
        code = self.process.returncode
        leave_nothing(self.process.pid)
        self.process = None
        healthy = self._clock() - self._started_at >= HEALTHY_AFTER_S
        self.deaths = 1 if healthy else self.deaths + 1
        self.start_again_at = self._clock() + self.wait_s()
        return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"

    def wait_s(self) -> float:
        """Seconds to wait before the next start: 0, 1, 2, 4 … up to half a minute."""
        return 0.0 if self.deaths <= 1 else min(2.0 ** (self.deaths - 2), LONGEST_WAIT_S)

    def is_due(self) -> bool:
        """Whether it is dead and has waited long enough."""
        return self.start_again_at is not None and self._clock() >= self.start_again_at

    def ask_to_stop(self) -> None:
        """Ask politely; its children are its own to stop."""
        self.start_again_at = None
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop_now(self) -> None:
        """Kill what is left of it and of its children, and collect it."""
        self.start_again_at = None
        if self.process is None:
            return
        leave_nothing(self.process.pid)
        self.process.wait()
        self.process = None

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, for a person who must find out why it does not run."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
