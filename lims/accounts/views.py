"""Signing in and out, unlocking, the password and the statement: one function per page or button.

Not here: checking a password and keeping who signed in (commands.py); when a screen locks (lims/web/idle.py).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from lims.accounts import commands, entering
from lims.accounts import statement as statements
from lims.accounts.forms import PasswordForm, SignInForm, StatementForm, UnlockForm
from lims.accounts.models import User
from lims.accounts.second_factor import factor_of
from lims.refusals import Refusal, Refused
from lims.web import continuous, idle
from lims.web.templatetags.lims_tags import refusal_text

_HOME = "/"


def way_back(request: HttpRequest) -> str:
    """Where a person was going, if it is an address of this site; else the home page."""
    wanted = request.POST.get("next") or request.GET.get("next") or _HOME
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else _HOME


def beside_fields(form: forms.Form, refusals: tuple[Refusal, ...], fallback: str) -> None:
    """Show each refusal beside its field, or beside `fallback` when it names none of this form."""
    for refusal in refusals:
        field = refusal.field if refusal.field in form.fields else fallback
        form.add_error(field, forms.ValidationError(refusal_text(refusal), code=refusal.code))


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in. Somebody else may do so at a locked screen, which ends the first session."""
    back = way_back(request)
    if request.method != "POST":
        if request.user.is_authenticated and not idle.is_locked(request):
            return redirect(back)
        return render(request, "lims/accounts/sign_in.html", {"form": SignInForm(), "next": back})
    form = SignInForm(request.POST)
    if form.is_valid():
        try:
            user = commands.authenticate_user(
                form.cleaned_data["username"], form.cleaned_data["password"], purpose="sign-in"
            )
        except Refused as refused:
            beside_fields(form, refused.refusals, "password")
        else:
            if factor_of(user) is not None:
                entering.ask_second(request, user)
                return redirect(f"{reverse('sign-in-code')}?{urlencode({'next': back})}")
            entering.enter(request, user)
            return redirect(back)
    return render(request, "lims/accounts/sign_in.html", {"form": form, "next": back}, status=422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out and go to the sign-in page."""
    if request.user.is_authenticated:
        commands.record_sign_out(request.user)
    auth.logout(request)
    return redirect("sign_in")


@never_cache
@login_required
@sensitive_post_parameters("password")
def unlock(request: HttpRequest) -> HttpResponse:
    """Open a locked screen with its owner's password.

    Asked by the page's own script it answers JSON and the form underneath goes on. Without a script, what was typed
    comes along in `kept` and is offered to be sent again.
    """
    wants_json = "application/json" in request.headers.get("Accept", "")
    back = way_back(request)
    if request.method != "POST":
        if not idle.is_locked(request):
            return redirect(back)
        return render(request, "lims/accounts/unlock.html", {"form": UnlockForm(), "next": back})
    form = UnlockForm(request.POST)
    if form.is_valid():
        try:
            commands.authenticate_user(request.user.username, form.cleaned_data["password"], purpose="unlock")
        except Refused as refused:
            beside_fields(form, refused.refusals, "password")
        else:
            entering.forget(request)
            idle.unlock(request)
            if wants_json:
                return JsonResponse({"unlocked": True})
            pairs = idle.kept_pairs(request.POST.get("kept", ""))
            if pairs:
                return render(request, "lims/accounts/resume.html", {"pairs": pairs, "next": back})
            return redirect(back)
    if wants_json:
        reasons = [message for messages in form.errors.values() for message in messages]
        return JsonResponse({"unlocked": False, "reasons": reasons}, status=422)
    context: dict[str, Any] = {"form": form, "next": back, "kept": request.POST.get("kept", "")}
    return render(request, "lims/accounts/unlock.html", context, status=422)


@require_POST
@login_required
def lock(request: HttpRequest) -> HttpResponse:
    """Lock the screen at once: by the person who leaves, or by the page when time is up."""
    idle.lock(request)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"locked": True})
    return redirect(f"{reverse('unlock')}")


@require_POST
@login_required
def here(request: HttpRequest) -> HttpResponse:
    """A person is typing on a page that sends nothing by itself. The idle lock has noted it on the way in."""
    return HttpResponse(status=204)


@never_cache
@login_required
@sensitive_post_parameters("old_password", "new_password", "again_password")
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; a new account does so before anything else."""
    back = way_back(request)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                user = commands.change_password(
                    _signed_in(request), form.cleaned_data["old_password"], form.cleaned_data["new_password"]
                )
            except Refused as refused:
                beside_fields(form, refused.refusals, "old_password")
            else:
                auth.update_session_auth_hash(request, user)
                continuous.lapse(request)
                return redirect(back)
    return render(request, "lims/accounts/password.html", {"form": form, "next": back}, status=status)


@never_cache
@login_required
def statement(request: HttpRequest) -> HttpResponse:
    """Read and accept what an electronic signature means here (21 CFR 11.100)."""
    back = way_back(request)
    form = StatementForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            commands.accept_statement(_signed_in(request))
            return redirect(back)
    version = statements.current()
    context = {"form": form, "next": back, "version": version, "sentences": statements.TEXTS[version]}
    return render(request, "lims/accounts/statement.html", context, status=status)


def _signed_in(request: HttpRequest) -> User:
    """The person signed in, for views that only signed-in people reach."""
    assert isinstance(request.user, User)
    return request.user
