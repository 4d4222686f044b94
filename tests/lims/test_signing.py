"""Signatures: asked for again each time, by the right person, counted when wrong, and valid while nothing changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from batches.commands.batches import issue_batch
from batches.commands.patients import record_consent
from batches.models import Consent, Eligibility, EligibilityAnswer
from lims import clock, commands
from lims.accounts.administration import change_role, disable, reset_password
from lims.accounts.authentication import LOCKED_FOR, MAX_FAILURES, Credential, verify
from lims.accounts.commands import accept_statement, add_user, change_password, start_site
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.ledger.append import sealed
from lims.ledger.models import Entry
from lims.recorded import Recorded
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.signing import verify_signers
from lims.signatures.standing import standings
from tests.builders import Story
from tests.cast import PASSWORD, Cast, performed, signed

NEEDS = Permission.RECORD_PRODUCTION
BOTH = (Meaning.PERFORMED, Meaning.WITNESSED)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def refused(actor: User, given: dict[Meaning, Credential], meanings: tuple[Meaning, ...] = BOTH) -> dict[str, str]:
    """Refusal codes and the field each belongs beside."""
    with pytest.raises(Refused) as raised:
        verify_signers(actor, meanings, given, needs=NEEDS)
    return {r.code: r.field or "" for r in raised.value.refusals}


def failures() -> int:
    return Entry.objects.filter(name="account:password-refused").count()


# --- Who may sign ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("A11-6")
def test_two_people_sign_one_act(cast: Cast) -> None:
    signers = verify_signers(cast.technician, BOTH, performed(cast.technician, cast.second_technician), needs=NEEDS)
    assert [(s.user, s.meaning) for s in signers] == [
        (cast.technician, Meaning.PERFORMED),
        (cast.second_technician, Meaning.WITNESSED),
    ]


@pytest.mark.clause("11.10(g)", "A11-6", "R13")
def test_nobody_witnesses_their_own_work(cast: Cast) -> None:
    assert refused(cast.technician, performed(cast.technician, cast.technician)) == {"SIG-03": "witnessed-username"}


@pytest.mark.parametrize("typed", ["AOKI.R", "  aoki.r ", "Aoki.R"])
def test_nobody_witnesses_their_own_work_in_other_letters(cast: Cast, typed: str) -> None:
    given = performed(cast.technician) | {Meaning.WITNESSED: Credential(typed, PASSWORD)}
    assert refused(cast.technician, given) == {"SIG-03": "witnessed-username"}


@pytest.mark.clause("11.200(a)(2)")
def test_only_the_person_signed_in_performs(cast: Cast) -> None:
    given = performed(cast.second_technician)
    assert refused(cast.technician, given, (Meaning.PERFORMED,)) == {"SIG-02": "performed-username"}


def test_a_witness_holds_the_same_right(cast: Cast) -> None:
    assert refused(cast.technician, performed(cast.technician, cast.analyst)) == {"SIG-05": "witnessed-username"}


def test_a_disabled_person_witnesses_nothing(cast: Cast) -> None:
    disable(cast.administrator, user=cast.second_technician, reason="Left")
    codes = refused(cast.technician, performed(cast.technician, cast.second_technician))
    assert codes == {"ACC-03": "witnessed-password"}


@pytest.mark.parametrize("given", [{}, {Meaning.PERFORMED: Credential("aoki.r", "")}])
def test_a_signature_that_is_missing_is_asked_for(cast: Cast, given: dict[Meaning, Credential]) -> None:
    assert refused(cast.technician, given, (Meaning.PERFORMED,)) == {"SIG-01": "performed-password"}
    assert failures() == 0


def test_a_performer_without_a_user_name_is_asked_for_it(cast: Cast) -> None:
    given = {Meaning.PERFORMED: Credential(" ", PASSWORD)}
    assert refused(cast.technician, given, (Meaning.PERFORMED,)) == {"SIG-06": "performed-username"}
    assert failures() == 0


def test_a_performer_who_typed_neither_component_is_asked_for_both(cast: Cast) -> None:
    given = {Meaning.PERFORMED: Credential("", "")}
    assert refused(cast.technician, given, (Meaning.PERFORMED,)) == {
        "SIG-06": "performed-username",
        "SIG-01": "performed-password",
    }


def test_every_reason_is_told_at_once(cast: Cast) -> None:
    given = {
        Meaning.PERFORMED: Credential("aoki.r", "guess"),
        Meaning.WITNESSED: Credential("nobody", "guess"),
    }
    with pytest.raises(Refused) as raised:
        verify_signers(cast.technician, BOTH, given, needs=NEEDS)
    assert [(r.code, r.field) for r in raised.value.refusals] == [
        ("ACC-01", "performed-password"),
        ("ACC-01", "witnessed-password"),
    ]


# --- The statement and the first password ----------------------------------------------------------------------------


@pytest.fixture
def newcomer(db: None) -> User:
    """A technician of a real laboratory whose first password an administrator chose."""
    start_site(name="Real laboratory", time_zone="Asia/Tokyo", administrator=("admin", "Sato Kei"), password=PASSWORD)
    administrator = User.objects.get(username="admin")
    person: User = add_user(
        administrator, username="noda.e", printed_name="Noda Emi", role="technician", password=PASSWORD
    )
    return person


@pytest.mark.clause("11.10(j)", "11.100(b)", "R16")
def test_nobody_signs_before_choosing_a_password_and_accepting_the_statement(newcomer: User) -> None:
    chosen = "three grey herons on the weir"
    given = {Meaning.PERFORMED: Credential("noda.e", PASSWORD)}
    assert refused(newcomer, given, (Meaning.PERFORMED,)) == {"SIG-04": "performed-password"}
    change_password(newcomer, PASSWORD, chosen)
    given = {Meaning.PERFORMED: Credential("noda.e", chosen)}
    assert refused(newcomer, given, (Meaning.PERFORMED,)) == {"SIG-04": "performed-password"}
    accept_statement(newcomer)
    assert refused(newcomer, given, (Meaning.PERFORMED,)) == {"SIG-07": "performed-password"}


# --- Wrong passwords -------------------------------------------------------------------------------------------------


def test_a_wrong_password_at_a_signature_is_recorded_with_what_it_was_asked_for(cast: Cast) -> None:
    refused(cast.technician, signed((Meaning.PERFORMED, cast.technician), password="guess"), (Meaning.PERFORMED,))
    entry = Entry.objects.get(name="account:password-refused")
    assert b"signature performed" in bytes(entry.payload)
    assert b"guess" not in bytes(entry.payload)
    assert entry.is_refused
    assert fresh(cast.technician).failed_attempts == 1


@pytest.mark.clause("11.300(d)", "R19")
def test_wrong_passwords_at_signatures_lock_the_account_for_signing_in_and_signing(cast: Cast) -> None:
    wrong = signed((Meaning.PERFORMED, cast.technician), password="guess")
    for _ in range(MAX_FAILURES - 1):
        assert refused(cast.technician, wrong, (Meaning.PERFORMED,)) == {"ACC-01": "performed-password"}
    assert refused(cast.technician, wrong, (Meaning.PERFORMED,)) == {"ACC-02": "performed-password"}
    assert refused(cast.technician, performed(cast.technician), (Meaning.PERFORMED,)) == {
        "ACC-02": "performed-password"
    }
    with pytest.raises(Refused) as raised:
        verify(Credential("aoki.r", PASSWORD), purpose="sign in")
    assert raised.value.codes == ("ACC-02",)


@pytest.mark.clause("R19")
def test_failures_at_signing_in_and_at_signatures_count_together(cast: Cast) -> None:
    wrong = signed((Meaning.PERFORMED, cast.technician), password="guess")
    for turn in range(MAX_FAILURES):
        with pytest.raises(Refused):
            if turn % 2:
                verify(Credential("aoki.r", "guess"), purpose="sign in")
            else:
                verify_signers(cast.technician, (Meaning.PERFORMED,), wrong, needs=NEEDS)
    assert fresh(cast.technician).is_locked(clock.now())


def test_a_witness_who_guesses_is_locked_and_the_performer_is_not(cast: Cast) -> None:
    given = performed(cast.technician) | {Meaning.WITNESSED: Credential("tanabe.m", "guess")}
    for _ in range(MAX_FAILURES):
        refused(cast.technician, given)
    assert fresh(cast.second_technician).is_locked(clock.now())
    assert not fresh(cast.technician).is_locked(clock.now())


def test_a_lock_ends_by_itself_and_the_right_password_clears_the_count(cast: Cast) -> None:
    wrong = signed((Meaning.PERFORMED, cast.technician), password="guess")
    for _ in range(MAX_FAILURES):
        refused(cast.technician, wrong, (Meaning.PERFORMED,))
    until = fresh(cast.technician).locked_until
    assert until is not None
    assert timedelta(0) < until - clock.now() <= LOCKED_FOR
    with clock.replaying(until + timedelta(seconds=1)):
        verify_signers(cast.technician, (Meaning.PERFORMED,), performed(cast.technician), needs=NEEDS)
    assert (fresh(cast.technician).failed_attempts, fresh(cast.technician).locked_until) == (0, None)


@pytest.mark.parametrize("who", ["technician", "second_technician"])
@pytest.mark.parametrize(
    "changed",
    [
        lambda admin, user: disable(admin, user=user, reason="Left"),
        lambda admin, user: reset_password(admin, user=user, reason="Forgotten"),
        lambda admin, user: change_role(admin, user=user, role="clinician", reason="Moved"),
    ],
    ids=["disabled", "reset", "another role"],
)
def test_who_is_shut_out_between_password_and_seal_signs_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch, who: str, changed: Any
) -> None:
    story.harvest()
    before = Signature.objects.count()

    def slowly(*args: Any, **given: Any) -> Any:
        signers = verify_signers(*args, **given)
        changed(story.cast.administrator, getattr(story.cast, who))
        return signers

    monkeypatch.setattr(commands, "verify_signers", slowly)
    with pytest.raises(Refused) as found:
        story.receive()
    assert found.value.codes == ("SIG-08",)
    assert not hasattr(story.fresh(), "receipt")
    assert Signature.objects.count() == before


def test_an_act_signed_wrongly_writes_nothing_but_its_refusal(story: Story) -> None:
    story.enrol()
    consents = Consent.objects.count()
    clinician = story.cast.clinician
    with pytest.raises(Refused):
        record_consent(
            clinician,
            patient=story.patient,
            kind="treatment",
            form_version="3.0",
            signed_on=story.at.date(),
            signatures=signed((Meaning.PERFORMED, clinician), password="guess"),
        )
    assert Consent.objects.count() == consents
    small = Entry.objects.filter(stream=story.patient.stream).latest("seq")
    assert (small.name, small.is_refused) == ("consent:record", True)
    assert not small.signatures.exists()


# --- What a signature says -------------------------------------------------------------------------------------------


@pytest.mark.clause("11.50(a)", "11.50(b)", "A11-14", "R10")
def test_a_signature_keeps_name_role_meaning_and_time_as_they_were(story: Story) -> None:
    with story.now():
        story.enrol()
    signature = Signature.objects.filter(subject_model="batches.Eligibility").get()
    clinician = story.cast.clinician
    with sealed(Act(name="test:rename", actor=None, at=clock.now()), "site") as act:
        renamed = fresh(clinician)
        renamed.printed_name, renamed.role = "Ishii-Mori Akari", "qa"
        act.add(renamed)
    signature = Signature.objects.get(pk=signature.pk)
    assert (signature.printed_name, signature.role, signature.username) == ("Ishii Akari", "clinician", "ishii.a")
    assert (signature.meaning, signature.at) == ("performed", story.at)


def test_one_act_signed_by_two_has_two_signatures_under_one_digest(story: Story) -> None:
    story.issue()
    issued, checked = Signature.objects.filter(subject_model="batches.Batch").order_by("position")
    assert (issued.meaning, checked.meaning) == ("issued", "checked")
    assert issued.digest == checked.digest
    assert issued.entry == checked.entry


# --- Whether it holds ------------------------------------------------------------------------------------------------


def holds(subject: Recorded) -> bool:
    """Whether every signature under a row is valid now."""
    given = Signature.objects.filter(subject_model=subject._meta.label, subject_pk=str(subject.pk))
    assert given.exists()
    verdicts = {s.is_valid for s in standings(given)}
    assert len(verdicts) == 1
    return verdicts.pop()


def write(story: Story, *rows: Recorded) -> None:
    """An act of the test's own that writes rows."""
    with sealed(Act(name="test:write", actor=None, at=clock.now()), story.patient.stream) as act:
        act.add(*rows)


@pytest.fixture
def assessed(story: Story) -> Eligibility:
    """A signed assessment with its answers."""
    story.enrol()
    return Eligibility.objects.get()


def test_a_signature_holds_as_long_as_nothing_changes(story: Story, assessed: Eligibility) -> None:
    assert holds(assessed)
    story.issue()
    assert holds(assessed)


@pytest.mark.clause("11.70", "A11-14")
def test_a_change_of_what_was_signed_supersedes_it(story: Story, assessed: Eligibility) -> None:
    assessed.comment = "Looked at again"
    write(story, assessed)
    assert not holds(assessed)


def test_a_change_of_a_row_below_supersedes_it(story: Story, assessed: Eligibility) -> None:
    answer = EligibilityAnswer.objects.filter(eligibility=assessed).earliest("pk")
    answer.answer = "no" if answer.answer == "yes" else "yes"
    write(story, answer)
    assert not holds(assessed)


@pytest.mark.clause("11.70")
def test_a_row_added_below_supersedes_it(story: Story, assessed: Eligibility) -> None:
    write(story, EligibilityAnswer(eligibility=assessed, code="X-1", criterion="Added later", answer="no"))
    assert not holds(assessed)


def test_a_value_set_back_holds_again(story: Story, assessed: Eligibility) -> None:
    """What counts is what the record holds, not how it came to hold it; the change stays in the history."""
    before = assessed.comment
    for comment in ("Looked at again", before):
        assessed.comment = comment
        write(story, assessed)
    assert holds(assessed)
    assert Eligibility.history.filter(id=assessed.pk).count() == 3  # type: ignore[attr-defined]


def test_a_row_written_again_with_the_same_values_supersedes_nothing(story: Story, assessed: Eligibility) -> None:
    write(story, assessed)
    assert holds(assessed)


def test_what_changes_as_work_goes_on_supersedes_nothing(story: Story) -> None:
    batch = story.issue()
    story.harvest()
    assert story.fresh().stage == "harvested"
    assert holds(batch)


def test_one_record_changed_leaves_the_signatures_of_others(story: Story, assessed: Eligibility) -> None:
    consent = Consent.objects.earliest("pk")
    other = Consent.objects.latest("pk")
    consent.form_version = "9.9"
    write(story, consent)
    assert not holds(consent)
    assert holds(other)
    assert holds(assessed)


def test_signing_again_after_a_change_holds_beside_the_superseded_one(story: Story) -> None:
    story.enrol()
    consent = Consent.objects.earliest("pk")
    consent.form_version = "9.9"
    signer = story.cast.clinician
    act = Act(name="test:sign-again", actor=signer, at=clock.now())
    act.signers = verify_signers(signer, (Meaning.PERFORMED,), performed(signer), needs=Permission.ENROL_PATIENTS)
    with sealed(act, story.patient.stream):
        act.add(consent)
        act.sign(consent)
    given = Signature.objects.filter(subject_model="batches.Consent", subject_pk=str(consent.pk)).order_by("at")
    assert sorted(s.is_valid for s in standings(given)) == [False, True]
    assert next(s.signature.entry_id for s in standings(given) if s.is_valid) == act.id


def test_a_batch_issued_by_a_second_who_is_the_first_is_refused(story: Story) -> None:
    story.enrol()
    qa = story.cast.qa
    same: dict[Meaning, Any] = signed((Meaning.ISSUED, qa), (Meaning.CHECKED, qa))
    with story.now(), pytest.raises(Refused) as raised:
        issue_batch(qa, patient=story.patient, signatures=same)
    assert raised.value.codes == ("SIG-03",)
