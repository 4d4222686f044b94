"""What sealing a long record takes: `python -m tests.benchmarks.bench_seal [pages]`. The key is made before."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from batches.record.writers import pdf  # noqa: E402
from lims.pdf import keys  # noqa: E402
from lims.pdf.seal import problem, seal  # noqa: E402
from tests.batches.record import sample  # noqa: E402

RUNS = 5


def main(pages: int) -> None:
    keys.site = lambda: None  # there is no database here
    keys.signer()
    sealing, checking = [], []
    with TemporaryDirectory() as folder:
        unsigned, signed = Path(folder) / "unsigned.pdf", Path(folder) / "signed.pdf"
        with unsigned.open("wb") as out:
            pdf.write(sample.record(passages=pages), out)
        for _run in range(RUNS):
            start = time.perf_counter()
            seal(unsigned, signed, reason="Benchmark", location="", at=datetime.now(UTC))
            sealing.append(time.perf_counter() - start)
            start = time.perf_counter()
            assert problem(signed) == ""
            checking.append(time.perf_counter() - start)
    sys.stdout.write(f"sealing   {min(sealing):.3f} s\nchecking  {min(checking):.3f} s\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)
