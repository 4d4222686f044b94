"""Acts about the master batch record. One is installed with the system, before anybody can sign."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batches.models import MasterBatchRecord
from batches.rules.process import Process, ProcessError
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.ledger import chain
from lims.ledger.values import as_text
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.texts import text_refusals

INSTALLED = Path(__file__).resolve().parent.parent / "data" / "mbr_ad_msc_v1.json"


def installed_content() -> dict[str, Any]:
    """The master batch record that comes with the system."""
    content: dict[str, Any] = json.loads(INSTALLED.read_text(encoding="utf-8"))
    return content


@command("mbr:install", needs=Permission.DECIDE_DISPOSITION)
def install_master_batch_record(act: Act, *, content: Mapping[str, Any], code: str, version: int) -> MasterBatchRecord:
    """Install a version of a process and make it the effective one; the version before it is superseded.

    Raises:
        Refused: MBR-01 with each problem of the content, MBR-02 when the version is not newer, TXT-01.
    """
    # At the console nobody acts, and nobody's texts are asked: these would stand in every record made by the version.
    refuse_if_any(text_refusals({"content": content}))
    try:
        process = Process.parse(content)
    except ProcessError as error:
        raise Refused([Refusal("MBR-01", "{problem}", None, {"problem": p}) for p in error.problems]) from error
    newest = MasterBatchRecord.objects.filter(code=code).order_by("-version").first()
    if newest is not None and newest.version >= version:
        raise Refused(Refusal("MBR-02", "Version {version} is there already.", None, {"version": newest.version}))
    if newest is not None:
        newest.state = MasterBatchRecord.State.SUPERSEDED
        act.add(newest)
    mbr = MasterBatchRecord(
        code=code,
        version=version,
        title=process.title,
        state=MasterBatchRecord.State.EFFECTIVE,
        content=content,
        digest=chain.digest({"content": as_text(content)}),
    )
    act.add(mbr)
    return mbr
