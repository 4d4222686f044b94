#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from lims.env import HalfConfigured


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lims.settings")
    try:
        execute_from_command_line(sys.argv)
    except HalfConfigured as missing:
        sys.exit(f"Can't start. {missing}")


if __name__ == "__main__":
    main()
