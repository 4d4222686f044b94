"""The page of the audit-trail review: what is out of the ordinary first, each entry ticked, the rest folded."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batches.commands.reviewing import review_audit_trail
from batches.forms.reviewing import ReviewForm
from batches.queries.reviewing import trail
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.web.access import needs


@needs(Permission.REVIEW_AUDIT_TRAIL)
def review(request: HttpRequest, number: str) -> HttpResponse:
    """Review the audit trail of a batch and its patient."""
    batch = find_batch(number)
    shown = trail(batch)
    new = len(shown.risky) + len(shown.others)
    said = ngettext("%(n)d new entry", "%(n)d new entries", new) % {"n": new}
    return batch_act(
        request,
        batch,
        title=_("Review audit trail"),
        button=_("Record review"),
        subtitle=_("%(said)s, %(risky)d to look at") % {"said": said, "risky": len(shown.risky)},
        form_class=ReviewForm,
        form_kwargs={"trail": shown},
        command=review_audit_trail,
        inputs=_inputs,
        context={"trail": shown},
    )


def _inputs(form: Any) -> dict[str, Any]:
    return {"read": form.read(), "looked_at": form.looked_at(), "conclusion": form.cleaned_data["conclusion"]}
