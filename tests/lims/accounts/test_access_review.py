"""The periodic review of access: due, answered for every account, signed, frozen, and done by an administrator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from lims import clock
from lims.accounts import access_review, administration
from lims.accounts.access_review import Given, due_at, due_for, still_to_do
from lims.accounts.authentication import Credential
from lims.accounts.commands import add_user, record_sign_in
from lims.accounts.models import AccessReview, User
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.lims.web.conftest import PASSWORD


@pytest.fixture
def hayashi(administrator: User) -> User:
    """A person of QA."""
    return add_user(administrator, username="hayashi.s", printed_name="Hayashi Sora", role="qa", password=PASSWORD)


def answers(**changes: tuple[str, str]) -> dict[str, Given]:
    """«Keep» for every account there is, but for those named (with `_` for the point of a user name)."""
    found = {}
    for account in access_review.accounts(clock.now()):
        username = account.user.username
        answer, comment = changes.get(username.replace(".", "_"), ("keep", ""))
        found[username] = Given(answer, comment, account.standing)
    return found


def reviewed(by: User, given: Mapping[str, Given]) -> AccessReview:
    signature = {Meaning.REVIEWED: Credential(by.username, PASSWORD)}
    made: AccessReview = access_review.review(by, given=given, signatures=signature)
    return made


def refused(by: User, given: Mapping[str, Given]) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as raised:
        reviewed(by, given)
    assert not AccessReview.objects.exists()
    return [(r.code, r.field) for r in raised.value.refusals]


@pytest.mark.clause("A11-11", "11.300(b)", "A11-12", "R29", "R44")
def test_it_freezes_every_account_as_it_stands_under_a_signature(
    administrator: User, hayashi: User, aoki: User
) -> None:
    record_sign_in(aoki)
    made = reviewed(hayashi, answers(aoki_r=("change", "Works in QC since May")))
    lines = {line.username: line for line in made.lines.all()}
    assert set(lines) == {"admin.a", "hayashi.s", "aoki.r"}
    assert (lines["aoki.r"].answer, lines["aoki.r"].role) == ("change", "technician")
    assert lines["aoki.r"].last_sign_in_at is not None
    assert lines["hayashi.s"].last_sign_in_at is None
    (standing,) = standings(Signature.objects.filter(subject_model="accounts.AccessReview"))
    assert standing.is_valid
    assert standing.signature.meaning == Meaning.REVIEWED
    administration.change_role(administrator, user=aoki, role="analyst", reason="As the access review asks")
    assert made.lines.get(username="aoki.r").role == "technician"
    assert standings([standing.signature])[0].is_valid
    assert verify().ok


def test_an_account_without_an_answer_or_comment_or_changed_meanwhile_is_refused(
    administrator: User, hayashi: User, aoki: User, tanabe: User
) -> None:
    given = answers(aoki_r=("disable", " "))
    del given["tanabe.m"]
    assert refused(hayashi, given) == [("ACR-02", "comment-aoki.r"), ("ACR-01", "answer-tanabe.m")]
    assert refused(hayashi, answers(aoki_r=("perhaps", "?"))) == [("ACR-01", "answer-aoki.r")]
    looked_at = answers()
    administration.change_role(administrator, user=aoki, role="qa", reason="Moves to QA")
    assert refused(hayashi, looked_at) == [("ACR-03", "answer-aoki.r")]


def test_nobody_but_qa_reviews(administrator: User, hayashi: User, aoki: User) -> None:
    for other in (administrator, aoki):
        assert refused(other, answers()) == [("PERM-01", None)]


@pytest.mark.clause("R29")
def test_it_is_due_six_months_after_the_last_one_and_after_the_start(
    administrator: User, hayashi: User, aoki: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2027, 8, 31, 9, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    before = due_for(hayashi, at)
    assert before is not None
    assert before.is_late, "a laboratory that never reviewed since its start is not late"
    reviewed(hayashi, answers())
    assert due_at() == datetime(2028, 2, 29, 9, 0, tzinfo=UTC)
    settings.ACCESS_REVIEW_MONTHS = 3
    due = due_at()
    assert due == datetime(2027, 11, 30, 9, 0, tzinfo=UTC)
    told = [due_for(hayashi, due + timedelta(days=d)) for d in (-31, -30, 0)]
    assert [(t.is_near, t.is_late) for t in told if t] == [(False, False), (True, False), (True, True)]
    assert due_for(administrator, due) is not None
    assert due_for(aoki, due) is None


def test_what_it_asks_for_waits_for_an_administrator_until_it_is_done(
    administrator: User, hayashi: User, aoki: User, tanabe: User
) -> None:
    reviewed(hayashi, answers(aoki_r=("change", "Works in QC now"), tanabe_m=("disable", "Left in May")))
    assert [line.username for line in still_to_do()] == ["aoki.r", "tanabe.m"]
    administration.change_role(administrator, user=aoki, role="analyst", reason="Access review")
    administration.change_role(administrator, user=tanabe, role="analyst", reason="Access review")
    assert [line.username for line in still_to_do()] == ["tanabe.m"]
    administration.disable(administrator, user=tanabe, reason="Access review")
    assert still_to_do() == []


def test_the_page_keeps_what_was_typed_and_shows_the_account_anew_when_it_was_changed(
    administrator: User, hayashi: User, aoki: User
) -> None:
    client = Client()
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    page = client.get("/access-reviews/new/")
    given = answers()
    typed = {"once": str(page.context["once"]), "reviewed-username": "hayashi.s", "reviewed-password": PASSWORD}
    for username, answer in given.items():
        typed |= {f"answer-{username}": "keep", f"comment-{username}": "as it is"}
        typed[f"standing-{username}"] = answer.standing
    administration.change_role(administrator, user=aoki, role="qa", reason="Moves to QA")
    stale = client.post("/access-reviews/new/", typed)
    assert stale.status_code == 422
    assert "ACR-03" in stale.content.decode()
    assert stale.content.decode().count('value="as it is"') == 3
    typed["standing-aoki.r"] = "qa True False"
    assert f'value="{typed["standing-aoki.r"]}"' in stale.content.decode()
    done = client.post("/access-reviews/new/", typed)
    assert done.status_code == 302
    shown = client.get(done["Location"]).content.decode()
    assert "Reviewed, Hayashi Sora" in shown
    assert "Valid: matches the record as it stands" in shown
    assert "Asked for by the access review" not in shown
