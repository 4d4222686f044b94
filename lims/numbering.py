"""Running numbers that are never given twice: batches, patients, deviations, samples."""

from __future__ import annotations

import re

from django.db import models

from lims.ledger import chain
from lims.ledger.models import SITE_STREAM, Head


def next_number(model: type[models.Model], field: str, prefix: str, *, digits: int) -> str:
    """The next free number, such as `B-0043`. Call it inside an act.

    The site stream's head is locked until the act is sealed, so that two acts never draw the same number; batch
    streams are always locked before it.
    """
    Head.objects.get_or_create(stream=SITE_STREAM, defaults={"hash": chain.GENESIS})
    Head.objects.select_for_update().get(stream=SITE_STREAM)
    taken = model._base_manager.filter(**{f"{field}__startswith": prefix}).values_list(field, flat=True)
    highest = max((int(m.group()) for n in taken if (m := re.search(r"\d+$", n))), default=0)
    return f"{prefix}{highest + 1:0{digits}d}"
