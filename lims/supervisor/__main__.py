"""`python -m lims.supervisor`."""

import os
import signal
import sys
from pathlib import Path

from lims import env
from lims.supervisor.everything import Everything, say
from lims.supervisor.pieces import die_with_parent


def main() -> int:
    if os.environ.get("MAKELEVEL"):
        # Under make: when make is killed, nobody would be left to stop this one.
        die_with_parent(os.getppid(), signal.SIGTERM)
    try:
        return Everything(Path(__file__).resolve().parent.parent.parent).run()
    except env.HalfConfigured as reason:
        say(f"Can't start. {reason}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
