"""Pages of the second factor: enrolling one's own, and typing the code at sign-in."""

from __future__ import annotations

from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lims.accounts import entering, second_factor
from lims.accounts.factor_forms import CodeForm, EnrolForm
from lims.accounts.views import beside_fields, way_back
from lims.refusals import Refused
from lims.web import qr
from lims.web.access import actor_of
from lims.web.place import site_of

# The secret that is being enrolled, encrypted, until a code confirms it.
_OFFERED = "second_factor_offered"


@never_cache
@sensitive_post_parameters("one_time_code")
def code(request: HttpRequest) -> HttpResponse:
    """The second page of signing in, for those who have a second factor."""
    back = way_back(request)
    user = entering.asked(request)
    if user is None:
        entering.forget(request)
        return redirect("sign_in")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            second_factor.ask_code(user, form.cleaned_data["one_time_code"])
        except Refused as refused:
            beside_fields(form, refused.refusals, "one_time_code")
        else:
            entering.enter(request, user, with_second=True)
            return redirect(back)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "lims/accounts/sign_in_code.html", {"form": form, "person": user, "next": back}, status=status
    )


@never_cache
@login_required
@sensitive_post_parameters("password", "one_time_code")
def enrol(request: HttpRequest) -> HttpResponse:
    """Scan the secret, confirm it with a code, and see the recovery codes once."""
    actor, back = actor_of(request), way_back(request)
    here = site_of(request)
    context = {
        "next": back,
        "is_required": second_factor.is_required(actor, here),
        "is_optional_here": bool(here and here.is_demonstration),
        "factor": second_factor.factor_of(actor),
    }
    if context["factor"] is not None:
        return render(request, "lims/accounts/second_factor.html", context)
    token = request.session.get(_OFFERED) or second_factor.new_secret()
    request.session[_OFFERED] = token
    form = EnrolForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            typed = form.cleaned_data
            user, recovery = second_factor.enrol(
                actor, token=token, code=typed["one_time_code"], password=typed["password"]
            )
        except Refused as refused:
            beside_fields(form, refused.refusals, "one_time_code")
        else:
            auth.update_session_auth_hash(request, user)
            del request.session[_OFFERED]
            entering.passed(request)
            return render(request, "lims/accounts/recovery_codes.html", {"codes": recovery.codes, "next": back})
    context |= {
        "form": form,
        "qr": qr.drawn(second_factor.authenticator_uri(token, actor)),
        "secret": second_factor.secret_text(token),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "lims/accounts/second_factor.html", context, status=status)
