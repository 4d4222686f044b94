"""Pages of the people of the laboratory, for the administrator: the list, one person, and the acts on an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lims import clock
from lims.accounts import administration, second_factor
from lims.accounts.access_review import still_to_do
from lims.accounts.administration import STATES, OneTimePassword, state_of
from lims.accounts.models import User
from lims.accounts.people_forms import InviteForm, NameForm, ReasonForm, RoleForm
from lims.accounts.permissions import Permission
from lims.ledger.reading import history_of
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page


@dataclass(frozen=True)
class Shown:
    """A person with the state of the account."""

    user: User
    state: str

    @property
    def kind(self) -> str:
        """What the state is drawn as."""
        return STATES[self.state][0]

    @property
    def word(self) -> str | Promise:
        """The state in words."""
        return STATES[self.state][1]


@needs(Permission.MANAGE_ACCOUNTS)
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, those who may sign in first."""
    now = clock.now()
    users = User.objects.order_by("-is_active", "printed_name")
    context = {"people": [Shown(u, state_of(u, now)) for u in users], "to_do": still_to_do()}
    return render(request, "lims/accounts/people.html", context)


@needs(Permission.MANAGE_ACCOUNTS)
@require_GET
def person(request: HttpRequest, username: str) -> HttpResponse:
    """One account: how it stands, what may be done, and everything that was."""
    user = get_object_or_404(User, username=username)
    context = {
        "person": Shown(user, state_of(user, clock.now())),
        "is_own": user.pk == actor_of(request).pk,
        "factor": second_factor.factor_of(user),
        "history": history_of(user),
    }
    return render(request, "lims/accounts/people_person.html", context)


@never_cache
@needs(Permission.MANAGE_ACCOUNTS)
def invite(request: HttpRequest) -> HttpResponse:
    """Add a person, and show the one-time password once."""
    return _with_password(
        request,
        title=_("Add person"),
        button=_("Add person"),
        subtitle=_("A password for the first signing in is made and shown once"),
        form_class=InviteForm,
        run=administration.invite,
        home=reverse("people"),
        crumbs=[(_("People"), reverse("people")), (_("Add person"), "")],
    )


@never_cache
@needs(Permission.MANAGE_ACCOUNTS)
def reset_password(request: HttpRequest, username: str) -> HttpResponse:
    """Give a one-time password, and show it once."""
    subtitle = _("Every session of this person ends. A password for the next signing in is shown once")
    return _password_act(request, username, _("Reset password"), subtitle, administration.reset_password)


@never_cache
@needs(Permission.MANAGE_ACCOUNTS)
def enable(request: HttpRequest, username: str) -> HttpResponse:
    """Let a person in again, with a one-time password."""
    subtitle = _("A password for the next signing in is made and shown once")
    return _password_act(request, username, _("Enable account"), subtitle, administration.enable)


@needs(Permission.MANAGE_ACCOUNTS)
def rename(request: HttpRequest, username: str) -> HttpResponse:
    """Give a person another printed name."""
    subtitle = _("What this person signed keeps the name of that time")
    return _plain_act(request, username, _("Change name"), subtitle, administration.rename, form_class=NameForm)


@needs(Permission.MANAGE_ACCOUNTS)
def change_role(request: HttpRequest, username: str) -> HttpResponse:
    """Give a person another role."""
    subtitle = _("What this person signed keeps the role of that time")
    return _plain_act(request, username, _("Change role"), subtitle, administration.change_role, form_class=RoleForm)


@needs(Permission.MANAGE_ACCOUNTS)
def disable(request: HttpRequest, username: str) -> HttpResponse:
    """Let a person in no more."""
    subtitle = _("This person is signed out at once. What they did and signed stays")
    return _plain_act(request, username, _("Disable account"), subtitle, administration.disable)


@needs(Permission.MANAGE_ACCOUNTS)
def unlock(request: HttpRequest, username: str) -> HttpResponse:
    """Open the lock before its time."""
    subtitle = _("Ask who typed the wrong passwords before you open the lock")
    return _plain_act(request, username, _("Unlock account"), subtitle, administration.unlock)


@needs(Permission.MANAGE_ACCOUNTS)
def reset_second_factor(request: HttpRequest, username: str) -> HttpResponse:
    """Take away a second factor that was lost."""
    subtitle = _("Make sure who is asking. This person is signed out at once and enrols another one")
    return _plain_act(request, username, _("Reset second factor"), subtitle, second_factor.reset)


def _plain_act(
    request: HttpRequest,
    username: str,
    title: str,
    subtitle: str,
    command: Callable[..., Any],
    *,
    form_class: type[forms.Form] = ReasonForm,
) -> HttpResponse:
    user = get_object_or_404(User, username=username)
    home = reverse("person", args=[username])

    def run(actor: User, **given: Any) -> Any:
        return command(actor, user=user, **given)

    page = ActPage(
        title=f"{title}: {user.printed_name}",
        button=title,
        form_class=form_class,
        run=run,
        done_url=home,
        already_url=home,
        subtitle=subtitle,
        crumbs=[(_("People"), reverse("people")), (user.printed_name, home), (title, "")],
        initial={"role": user.role, "printed_name": user.printed_name},
    )
    return act_page(request, page)


def _password_act(
    request: HttpRequest, username: str, title: str, subtitle: str, command: Callable[..., OneTimePassword]
) -> HttpResponse:
    user = get_object_or_404(User, username=username)
    home = reverse("person", args=[username])

    def run(actor: User, **given: Any) -> OneTimePassword:
        return command(actor, user=user, **given)

    return _with_password(
        request,
        title=f"{title}: {user.printed_name}",
        button=title,
        subtitle=subtitle,
        form_class=ReasonForm,
        run=run,
        home=home,
        crumbs=[(_("People"), reverse("people")), (user.printed_name, home), (title, "")],
    )


def _with_password(
    request: HttpRequest,
    *,
    title: str,
    button: str,
    subtitle: str,
    form_class: type[forms.Form],
    run: Callable[..., OneTimePassword],
    home: str,
    crumbs: list[tuple[str, str]],
) -> HttpResponse:
    """An act that ends in a one-time password. The answer itself shows it: it is kept nowhere, not in the session."""
    made: list[OneTimePassword] = []

    def done(result: OneTimePassword) -> str:
        made.append(result)
        return home

    page = ActPage(
        title=title,
        button=button,
        form_class=form_class,
        run=run,
        done_url=done,
        already_url=home,
        subtitle=subtitle,
        crumbs=crumbs,
    )
    answer = act_page(request, page)
    if not made:
        return answer
    context = {"person": made[0].user, "password": made[0].password}
    return render(request, "lims/accounts/people_password.html", context)
