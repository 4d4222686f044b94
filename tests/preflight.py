"""Apache PDFBox Preflight, a judge of PDF/A-1b that is no work of ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.run import PREFLIGHT


def preflight(path: Path) -> list[str]:
    """What it finds wrong with a file, each finding once."""
    jars = ":".join(map(str, PREFLIGHT))
    judged = subprocess.run(
        ["java", "-cp", jars, "org.apache.pdfbox.preflight.Validator_A1b", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = judged.stdout.splitlines()
    if not told:
        raise AssertionError(judged.stderr)
    if "is a valid PDF/A-1b file" in told[0]:
        return []
    return sorted({line.strip() for line in told[1:] if line.strip()})
