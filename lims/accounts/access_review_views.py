"""Pages of the access reviews: all of them, a new one, and one as it was signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lims import clock
from lims.accounts import access_review
from lims.accounts.access_review_forms import AccessReviewForm
from lims.accounts.administration import STATES
from lims.accounts.models import AccessReview, AccessReviewLine
from lims.accounts.permissions import Permission
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page


@dataclass(frozen=True)
class ShownLine:
    """A reviewed account with its state as it is drawn."""

    line: AccessReviewLine

    @property
    def kind(self) -> str:
        """What the state is drawn as."""
        return STATES[self.line.state][0]

    @property
    def word(self) -> str | Promise:
        """The state in words."""
        return STATES[self.line.state][1]


@needs(Permission.REVIEW_ACCESS, Permission.MANAGE_ACCOUNTS)
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Every review there was, and when the next is due."""
    context = {
        "reviews": AccessReview.objects.select_related("reviewer").prefetch_related("lines"),
        "access_due": access_review.due_for(actor_of(request), clock.now()),
    }
    return render(request, "lims/accounts/access_reviews.html", context)


@needs(Permission.REVIEW_ACCESS)
def review(request: HttpRequest) -> HttpResponse:
    """Answer for every account and sign."""
    home = reverse("access-reviews")

    def inputs(form: AccessReviewForm) -> dict[str, Any]:
        return {"given": form.given()}

    page = ActPage(
        title=_("Review access"),
        button=_("Sign access review"),
        subtitle=_("Keep what is needed and no more. An administrator does what you ask for"),
        form_class=AccessReviewForm,
        form_kwargs={"accounts": access_review.accounts(clock.now())},
        inputs=inputs,
        run=access_review.review,
        signed=(Meaning.REVIEWED,),
        done_url=lambda made: reverse("access-review", args=[made.pk]),
        already_url=home,
        crumbs=[(_("Access reviews"), home), (_("Review access"), "")],
    )
    return act_page(request, page)


@needs(Permission.REVIEW_ACCESS, Permission.MANAGE_ACCOUNTS)
@require_GET
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One review as it was signed."""
    kept = get_object_or_404(AccessReview.objects.select_related("reviewer"), pk=pk)
    given = Signature.objects.filter(subject_model=AccessReview._meta.label, subject_pk=str(pk))
    signatures = [
        {
            "meaning": s.signature.get_meaning_display(),
            "printed_name": s.signature.printed_name,
            "at": s.signature.at,
            "valid": s.is_valid,
        }
        for s in standings(given)
    ]
    lines = [ShownLine(line) for line in kept.lines.all()]
    return render(
        request, "lims/accounts/access_review.html", {"review": kept, "lines": lines, "signatures": signatures}
    )
