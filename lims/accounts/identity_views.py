"""Pages on which QA confirms who a person is: those who wait, and the confirmation of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lims.accounts import identity as rules
from lims.accounts.models import User
from lims.accounts.people_forms import IdentityForm
from lims.accounts.permissions import Permission
from lims.signatures.meanings import Meaning
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page


@needs(Permission.CONFIRM_IDENTITY)
@require_GET
def identity(request: HttpRequest) -> HttpResponse:
    """Everybody who may sign in and not sign."""
    waiting = rules.unconfirmed().select_related("password_given_by")
    return render(request, "lims/accounts/identity.html", {"people": waiting, "actor": actor_of(request)})


@needs(Permission.CONFIRM_IDENTITY)
def confirm_identity(request: HttpRequest, username: str) -> HttpResponse:
    """Confirm one person, who stands beside."""
    user = get_object_or_404(User, username=username)
    home = reverse("identity")

    def run(actor: User, **given: Any) -> Any:
        return rules.confirm_identity(actor, user=user, **given)

    page = ActPage(
        title=_("Confirm identity: %(name)s") % {"name": user.printed_name},
        button=_("Confirm identity"),
        form_class=IdentityForm,
        run=run,
        done_url=home,
        already_url=home,
        signed=(Meaning.APPROVED,),
        subtitle=_("From then on this account signs"),
        crumbs=[(_("Identity"), home), (user.printed_name, "")],
        template="lims/accounts/identity_confirm.html",
        context={"person": user},
    )
    return act_page(request, page)
