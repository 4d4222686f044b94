"""The process that comes with the system, held against the acts there are."""

from __future__ import annotations

import batches.urls  # noqa: F401 - every act there is
from batches.commands.process import installed_content
from batches.rules.process import Process
from lims.commands import COMMANDS
from lims.signatures.meanings import Meaning


def test_every_step_of_the_process_that_is_installed_is_an_act_with_signatures_there_are() -> None:
    steps = Process.parse(installed_content()).steps
    assert [s.act for s in steps if s.act not in COMMANDS] == []
    assert [s.number for s in steps] == list(range(1, len(steps) + 1))
    assert {m for s in steps for m in s.meanings} <= set(Meaning.values)
