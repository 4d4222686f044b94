"""Pages of notices: those for the person who looks, and the acknowledging of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.notices import commands
from lims.notices.forms import AcknowledgeForm
from lims.notices.models import Notice
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page

SHOWN = 50


@needs(Permission.ACKNOWLEDGE_NOTICES)
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """What nobody has acknowledged yet, and what was acknowledged last."""
    mine = Notice.objects.of(actor_of(request))
    done = mine.filter(acknowledged_at__isnull=False).select_related("acknowledged_by").order_by("-acknowledged_at")
    return render(request, "lims/notices/notices.html", {"open": mine.open(), "done": done[:SHOWN]})


@needs(Permission.ACKNOWLEDGE_NOTICES)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Acknowledge one notice."""
    notice = get_object_or_404(Notice.objects.of(actor_of(request)), pk=pk)
    home = reverse("notices")

    def run(actor: User, **given: Any) -> Any:
        return commands.acknowledge(actor, notice=notice, **given)

    page = ActPage(
        title=_("Acknowledge notice"),
        button=_("Acknowledge"),
        form_class=AcknowledgeForm,
        run=run,
        done_url=home,
        already_url=home,
        crumbs=[(_("Notices"), home), (_("Acknowledge"), "")],
        template="lims/notices/acknowledge.html",
        context={"notice": notice},
    )
    return act_page(request, page)
