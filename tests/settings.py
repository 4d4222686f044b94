"""Settings for tests: what the product runs with, in a folder of its own, with cheap passwords.

Importing it makes a temporary data folder and points DATA_DIR and the broker there, so that no test touches `var/`.
A child process started by a test (a worker, a web server) inherits the folder instead of making another.
"""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Each process of a parallel run has its own; what a process starts belongs to the same run.
_whose = os.environ.get("PYTEST_XDIST_WORKER", "main")
if os.environ.get("TEST_FOLDER_OF") != _whose:
    _folder = tempfile.mkdtemp(prefix="lims-test-")
    os.environ.update(TEST_FOLDER_OF=_whose, DATA_DIR=_folder, DATABASE_POOL="0")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    # TEST_BROKER=redis: a Redis server reached over TCP; otherwise the embedded one on its socket in the folder.
    # Neither runs until a test asks for it (tests/services.py), so publishing fails fast, as it must.
    if os.environ.get("TEST_BROKER") == "redis":
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{_free_port()}/0"
    else:
        os.environ.pop("REDIS_URL", None)

from lims.settings import *  # noqa: E402, F403
from lims.settings import DATABASES, INSTALLED_APPS  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: a worker in another process must see it. Nobody needs it after a power cut.
    _pragmas = DATABASES["default"]["OPTIONS"]["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    DATABASES["default"]["OPTIONS"]["init_command"] = _pragmas
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["DATA_DIR"]) / "test.sqlite3")}

# Its `flush` takes the guards of the database down first. The product has nothing that does.
INSTALLED_APPS = ["tests.superuser", *INSTALLED_APPS]

PASSWORD_HASHERS = [
    "lims.accounts.hashers.DemonstrationArgon2Hasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Straight from the source: nothing was collected.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Cutting a face for Chinese or Japanese takes seconds, and gives the same bytes at every run.
FONTS_DIR = Path(__file__).resolve().parent.parent / ".pytest_cache" / "fonts"
