"""The page of one act: show its form, call its command, show refusals beside the fields, go on when it is done.

One function for all acts, so that double clicks, stale forms, signatures and refusals behave alike everywhere.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lims import texts
from lims.accounts.authentication import Credential
from lims.accounts.models import User
from lims.commands import Stale, head_seq
from lims.ledger.append import AlreadyDone
from lims.refusals import Refusal, Refused
from lims.signatures.meanings import SECOND_PERSON, SENTENCES, Meaning
from lims.web import continuous
from lims.web.access import actor_of
from lims.web.templatetags.lims_tags import field_errors, when
from lims.web.typed import whole


@dataclasses.dataclass(frozen=True)
class ShownRefusal:
    """A refusal with the id of the control it belongs beside."""

    code: str
    message: str
    params: Mapping[str, object]
    field: str | None
    field_id: str


@dataclasses.dataclass(frozen=True)
class Panel:
    """One signature panel of a form. With no `username` that is known, it is asked for.

    `is_own` is the panel of the person signed in.
    """

    prefix: str
    heading: str
    sentence: str
    username: str | None
    typed_username: str
    errors: Sequence[ShownRefusal]
    is_own: bool

    @property
    def name_errors(self) -> list[ShownRefusal]:
        """What is said beside the user name."""
        return [e for e in self.errors if e.field == f"{self.prefix}-username"]

    @property
    def password_errors(self) -> list[ShownRefusal]:
        """What is said beside the password."""
        return [e for e in self.errors if e.field == f"{self.prefix}-password"]


@dataclasses.dataclass
class ActPage:
    """What one act's page needs.

    `run(**inputs)` calls the command, with `signatures`, `once`, `seen` and `reason` added; `inputs` turns a valid
    form into the command's arguments (its cleaned data unless told); `done_url` is where to go on; `act_words`
    says what an act of somebody else was.
    """

    title: str
    button: str
    form_class: type[forms.Form]
    run: Callable[..., Any]
    done_url: str | Callable[[Any], str]
    stream: str | None = None
    signed: Sequence[Meaning] = ()
    subtitle: str = ""
    crumbs: Sequence[tuple[str, str]] = ()
    initial: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    form_kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    inputs: Callable[[Any], dict[str, Any]] | None = None
    template: str = "lims/act.html"
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    already_url: str = "/"
    act_words: Callable[[str], str] = str


def act_page(request: HttpRequest, page: ActPage) -> HttpResponse:
    """Answer GET with the form, POST with a redirect when done or the same form with every reason."""
    actor = actor_of(request)
    if request.method != "POST":
        form = page.form_class(initial=dict(page.initial), **page.form_kwargs)
        return _page(request, page, form, actor, (), _seen(page), uuid.uuid4())
    form = page.form_class(request.POST, request.FILES, initial=dict(page.initial), **page.form_kwargs)
    once = _uuid(request.POST.get("once", ""))
    seen = whole(request.POST.get("seen", ""))
    if not form.is_valid():
        return _page(request, page, form, actor, (), seen, once, status=422)
    inputs = page.inputs(form) if page.inputs else dict(form.cleaned_data)
    try:
        result = page.run(actor, **inputs, signatures=_credentials(request, actor, page.signed), once=once, seen=seen)
    except AlreadyDone:
        return redirect(page.already_url if callable(page.done_url) else page.done_url)
    except Stale as stale:
        said = [f"{when(e.at)}, {e.actor_name}: {page.act_words(e.name)}" for e in stale.entries]
        return _page(request, page, form, actor, stale.refusals, _seen(page), once, status=409, changed=said)
    except Refused as refused:
        refusals = list(beside_fields(form, refused.refusals))
        return _page(request, page, form, actor, refusals, seen, once, status=422)
    if page.signed:
        continuous.begin(request)
    return redirect(page.done_url(result) if callable(page.done_url) else page.done_url)


def _page(
    request: HttpRequest,
    page: ActPage,
    form: forms.Form,
    actor: User,
    refusals: Sequence[Refusal],
    seen: int | None,
    once: uuid.UUID,
    *,
    status: int = 200,
    changed: Sequence[str] = (),
) -> HttpResponse:
    refusals = [*refusals, *_lost_files(request, form, refusals)] if status != 200 else refusals
    codes = Counter(r.code for r in refusals)
    shown = [*_from_form(form), *(_shown(form, r, codes[r.code]) for r in refusals)] if status != 200 else []
    for refusal in refusals:
        if refusal.field and refusal.field in form.fields:
            form.add_error(
                refusal.field, forms.ValidationError(_(refusal.message).format(**refusal.params), refusal.code)
            )
    context = {
        "title": page.title,
        "subtitle": page.subtitle,
        "button": page.button,
        "crumbs": page.crumbs,
        "form": form,
        "refusals": [] if changed else shown,
        "changed": changed,
        "signing": [panel(request, actor, meaning, shown) for meaning in page.signed],
        "once": once,
        "seen": seen,
        **page.context,
    }
    return render(request, page.template, context, status=status)


def beside_fields(form: forms.Form, refusals: Sequence[Refusal]) -> Iterator[Refusal]:
    """The refusals, those of a text beside the fields it was typed in where an input is made of several fields."""
    for refusal in refusals:
        typed = refusal.code == texts.CODE and refusal.field not in form.fields
        found = list(texts.text_refusals(form.cleaned_data)) if typed else []
        yield from found or [refusal]


def _lost_files(request: HttpRequest, form: forms.Form, refusals: Sequence[Refusal]) -> list[Refusal]:
    """FILE-01: a browser gives back what was typed, never a file. Unsaid, the next try would go without it."""
    told = {r.field for r in refusals} | set(form.errors)
    return [
        Refusal("FILE-01", "Choose {name} again: a browser keeps what is typed, not files.", field, {"name": str(file)})
        for field, file in request.FILES.items()
        if field in form.fields and field not in told
    ]


def _seen(page: ActPage) -> int | None:
    return head_seq(page.stream) if page.stream else None


def _credentials(request: HttpRequest, actor: User, signed: Sequence[Meaning]) -> dict[Meaning, Credential]:
    given = {}
    for meaning in signed:
        field = f"{meaning.value}-username"
        second = meaning in SECOND_PERSON
        username = request.POST.get(field, "") if second else continuous.name_given(request, actor, field)
        given[meaning] = Credential(username, request.POST.get(f"{meaning.value}-password", ""))
    return given


def panel(request: HttpRequest, actor: User, meaning: Meaning, shown: Sequence[ShownRefusal] = ()) -> Panel:
    """The panel of one signature: a second person types both components, the person acting at the first signature."""
    second = meaning in SECOND_PERSON
    who = _("a second person") if second else actor.printed_name
    errors = [r for r in shown if r.field in (f"{meaning.value}-password", f"{meaning.value}-username")]
    return Panel(
        prefix=meaning.value,
        heading=_("%(meaning)s by %(who)s") % {"meaning": meaning.label, "who": who},
        sentence=str(SENTENCES[meaning]),
        username=actor.username if not second and continuous.is_continuous(request) else None,
        typed_username=request.POST.get(f"{meaning.value}-username", ""),
        errors=errors,
        is_own=not second,
    )


def _shown(form: forms.Form, refusal: Refusal, times: int) -> ShownRefusal:
    """A refusal for the head of the page. One that is given several times names the field it is about."""
    if refusal.field and refusal.field in form.fields:
        field_id = form[refusal.field].id_for_label or f"id_{refusal.field}"
        label = form.fields[refusal.field].label
        if times > 1 and label:
            said = {"label": label, "problem": _(refusal.message).format(**refusal.params)}
            return ShownRefusal(refusal.code, "{label}: {problem}", said, refusal.field, field_id)
    else:
        field_id = refusal.field or ""
    return ShownRefusal(refusal.code, refusal.message, refusal.params, refusal.field, field_id)


def _from_form(form: forms.Form) -> list[ShownRefusal]:
    """What the form itself found, in the words shown beside the fields."""
    found = []
    for name, errors in form.errors.items():
        if name in form.fields:
            problem = " ".join(e.text for e in field_errors(form[name]))
            params = {"label": form.fields[name].label or name, "problem": problem}
            field_id = form[name].id_for_label or f"id_{name}"
            found.append(ShownRefusal("", "{label}: {problem}", params, name, field_id))
        else:
            found.append(ShownRefusal("", "{problem}", {"problem": " ".join(str(e) for e in errors)}, None, ""))
    return found


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()
