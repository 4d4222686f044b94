"""Every check that this machine can do, then a list of what it could not do and why: `make test`.

REQUIRE_ALL=1 makes anything that could not be done a failure. `--only NAME` (several times) runs some of the steps.
Servers are started here, in a temporary folder, and stopped at the end; no server of the machine is touched.
"""

import argparse
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
POPPLER = ("pdftotext", "pdftoppm", "pdffonts", "qpdf")
# A PKCS#11 token in software, and PDFBox Preflight with what it needs, where Debian puts them.
JARS = ("preflight", "pdfbox2", "xmpbox", "fontbox2", "commons-logging", "commons-io", "javax.activation", "jaxb-api")
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PREFLIGHT = [Path(f"/usr/share/java/{name}.jar") for name in JARS]


class Run:
    """What was done, how it went, and what could not be done."""

    def __init__(self, only: list[str]) -> None:
        self.only = only
        self.results: list[tuple[str, bool, float]] = []
        self.missing: list[tuple[str, str]] = []

    def wants(self, name: str) -> bool:
        return not self.only or name in self.only

    def step(self, name: str, *argv: str, **environment: str) -> None:
        """Run one step and keep how it went. pytest's code 5, nothing found to run, is no success."""
        print(f"\n=== {name}: {' '.join(argv)}", flush=True)
        began = time.monotonic()
        done = subprocess.run(argv, cwd=PROJECT, env={**os.environ, **environment}, check=False)
        self.results.append((name, done.returncode == 0, time.monotonic() - began))

    def cannot(self, what: str, why: str) -> None:
        self.missing.append((what, why))

    def report(self) -> int:
        """Print the summary; return the exit code."""
        print("\n=== Summary")
        for name, ok, seconds in self.results:
            print(f"  {'passed' if ok else 'FAILED'}  {name} ({seconds:.0f} s)")
        if self.missing:
            print("Not done on this machine:")
            for what, why in self.missing:
                print(f"  {what}: {why}")
        else:
            print("Nothing was left out.")
        failed = any(not ok for _, ok, _ in self.results)
        return int(failed or (bool(self.missing) and os.environ.get("REQUIRE_ALL") == "1"))


def chromium() -> str | None:
    """The browser of this machine. Playwright is given its path: its own download is never used."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres: on PATH, or where Debian keeps the newest."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """A server of our own in a temporary folder, on a socket there; yields its DATABASE_URL.

    PostgreSQL refuses to run as root, so root lends it to the user `postgres`, who must exist.
    """
    # Not TMPDIR: the path of a socket must be short, and the user postgres must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="lims-pg-", dir="/tmp"))
    account: dict[str, int] = {}
    if os.getuid() == 0:
        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        account = {"user": entry.pw_uid, "group": entry.pw_gid}
    data = folder / "data"
    port = free_port()
    log = (folder / "log").open("wb")
    quiet = {"cwd": "/", "stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
    server = None
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "lims", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, **quiet, **account,
        )  # fmt: skip
        server = subprocess.Popen(
            [
                *(programs / "postgres", "-D", data, "-k", folder, "-p", str(port)),
                *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"),
                *("-c", "synchronous_commit=off", "-c", "max_connections=60"),
                # A test that waits for a lock fails; it never hangs.
                *("-c", "lock_timeout=60s", "-c", "idle_in_transaction_session_timeout=120s"),
            ],
            start_new_session=True, **quiet, **account,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while not (folder / f".s.PGSQL.{port}").exists() or not accepts(folder / f".s.PGSQL.{port}"):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")
            time.sleep(0.1)
        yield f"postgresql://lims@/postgres?host={folder}&port={port}"
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def accepts(listens: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(listens))
        except OSError:
            return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    names = ["ruff", "format", "mypy", "layers", "migrations", "sqlite", "postgresql", "redis"]
    parser.add_argument("--only", action="append", default=[], choices=names, help="run this step; may be repeated")
    run = Run(parser.parse_args().only)

    if run.wants("ruff"):
        run.step("ruff", str(TOOLS / "ruff"), "check", "--quiet", ".")
    if run.wants("format"):
        run.step("format", str(TOOLS / "ruff"), "format", "--quiet", "--check", ".")
    if run.wants("mypy"):
        run.step("mypy", str(TOOLS / "mypy"))
    if run.wants("layers"):
        run.step("layers", str(TOOLS / "lint-imports"))
    if run.wants("migrations"):
        settings = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
        run.step("migrations", sys.executable, "manage.py", "makemigrations", "--check", "--dry-run", **settings)

    left_out = []
    browser = chromium()
    if browser is None:
        left_out.append("journey")
        run.cannot("journeys in a browser", "Chromium was not found (Debian: apt-get install chromium)")
    absent = [name for name in POPPLER if shutil.which(name) is None]
    if absent:
        left_out.append("poppler")
        run.cannot("reading printed pages back", f"{', '.join(absent)} not found (apt-get install poppler-utils qpdf)")

    lacking = [jar.name for jar in PREFLIGHT if not jar.exists()] + ([] if shutil.which("java") else ["java"])
    if lacking:
        left_out.append("preflight")
        debian = "apt-get install libpdfbox2-java libjaxb-api-java libactivation-java"
        run.cannot("an independent judge of the archival core", f"{', '.join(lacking)} not found ({debian})")

    if not SOFTHSM.exists() or shutil.which("softhsm2-util") is None:
        left_out.append("token")
        run.cannot("sealing with a key in a token", "SoftHSM was not found (Debian: apt-get install softhsm2)")

    programs = postgres_programs()
    redis = shutil.which("redis-server")
    if programs is None:
        run.cannot("the suite on PostgreSQL", "initdb was not found (Debian: apt-get install postgresql)")
    elif os.getuid() == 0 and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
        run.cannot("the suite on PostgreSQL", "PostgreSQL refuses root, and there is no user named postgres")
        programs = None
    if redis is None:
        run.cannot("tests against a real Redis", "redis-server was not found (Debian: apt-get install redis-server)")

    pytest = [sys.executable, "-m", "pytest", "-q", "-n", os.environ.get("TEST_PROCESSES", "2"), "--dist", "loadfile"]

    def without(*marks: str) -> list[str]:
        return ["-m", " and ".join(f"not {mark}" for mark in marks)] if marks else []

    plain = {"DATABASE_URL": "", "REDIS_URL": "", "PRODUCTION": "", "CHROMIUM": browser or ""}
    if run.wants("sqlite"):
        run.step("sqlite", *pytest, *without(*left_out), **{**plain, "TEST_BROKER": "embedded"})
    if run.wants("postgresql") and programs is not None:
        with postgres(programs) as url:
            broker = "redis" if redis else "embedded"
            again = without(*left_out, "once")
            run.step("postgresql", *pytest, *again, **{**plain, "DATABASE_URL": url, "TEST_BROKER": broker})
    if run.wants("redis") and redis is not None and (programs is None or run.only):
        # With PostgreSQL the whole suite met Redis already.
        run.step("redis", *pytest, "-m", "broker", **{**plain, "TEST_BROKER": "redis"})
    return run.report()


if __name__ == "__main__":
    sys.exit(main())
