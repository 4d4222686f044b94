"""The audit-trail review, through its command, and that release waits for it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from batches.models import AuditTrailReview
from batches.queries.facts import batch_facts
from batches.queries.reviewing import trail, unreviewed, waiting
from batches.queries.worklist import bench, work_for
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.writers.json import dumps
from batches.rules.reviewing import Positions, Risk
from batches.rules.sequence import refusals
from batches.rules.states import DispositionState
from lims.accounts.models import User
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story
from tests.cast import signed


@pytest.fixture
def filled(story: Story) -> Story:
    """A filled product, sampled, with every result in that must be."""
    story.tested()
    return story


def codes_of_release(story: Story) -> set[str]:
    """Why a conditional release without another review is refused."""
    with pytest.raises(Refused) as refused:
        story.decide("released_conditionally", is_reviewed=False)
    return set(refused.value.codes)


def new_names(story: Story) -> list[str]:
    """Acts of the entries that no review covers, in the order a page shows them."""
    found = trail(story.fresh())
    return [item.entry.name for item in (*found.risky, *found.others)]


def tasks_of(story: Story, user: User) -> list[str]:
    """What waits for a person, by title."""
    return [task.title for group in work_for(user, bench(story.at)) for task in group.tasks]


@pytest.mark.clause("A11-9")
def test_release_waits_for_the_review(filled: Story) -> None:
    assert codes_of_release(filled) == {"REL-20"}
    filled.review()
    filled.decide("released_conditionally", is_reviewed=False)
    assert filled.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY


def test_an_entry_after_the_review_reopens_it(filled: Story) -> None:
    """Scenario 20 of the acceptance list."""
    filled.review()
    assert unreviewed(filled.fresh()) == 0
    deviation = filled.raise_deviation()
    assert codes_of_release(filled) >= {"REL-20"}
    assert new_names(filled)[0] == "deviation:raise"
    filled.assess(deviation)
    filled.close(deviation)
    filled.review()
    filled.decide("released_conditionally", is_reviewed=False)


def test_an_entry_of_the_patient_after_the_review_reopens_it(filled: Story) -> None:
    filled.review()
    filled.weigh("61")
    assert codes_of_release(filled) == {"REL-20"}
    assert new_names(filled)[0] == "patient:weigh", "it is looked at by itself"


@pytest.mark.clause("A11-9")
def test_a_weight_recorded_anew_is_looked_at_by_itself_with_its_reason(filled: Story) -> None:
    filled.weigh("61", reason="The patient lost weight since the harvest.")
    item = next(i for i in trail(filled.fresh()).risky if i.entry.name == "patient:weigh")
    assert item.risks == (Risk.WEIGHED,)
    assert item.reason == "The patient lost weight since the harvest."
    told = {f.name: (f.was, f.now) for c in item.changes for f in c.fields}
    assert told["weight_kg"] == ("62.0", "61.0")
    others = {i.entry.id: "" for i in trail(filled.batch).risky if i.entry.name != "patient:weigh"}
    with pytest.raises(Refused) as refused:
        filled.review(looked_at=others)
    assert refused.value.codes == ("AUD-02",)


def test_a_refused_act_after_the_review_reopens_it_but_a_refused_decision_does_not(filled: Story) -> None:
    filled.review()
    with pytest.raises(Refused):
        filled.decide("released_conditionally", is_reviewed=False, grounds="ok")
    assert unreviewed(filled.fresh()) == 0
    with pytest.raises(Refused):
        filled.observe()
    assert codes_of_release(filled) == {"REL-20"}


def test_a_refused_signature_under_a_decision_reopens_the_review(filled: Story) -> None:
    filled.review()
    wrong = signed((Meaning.RELEASED_CONDITIONALLY, filled.cast.qa), password="not the password")
    with pytest.raises(Refused) as refused:
        filled.decide("released_conditionally", is_reviewed=False, signatures=wrong)
    assert refused.value.codes == ("ACC-01",)
    assert (unreviewed(filled.fresh()), waiting([filled.fresh()])) == (1, {filled.batch.pk})
    assert codes_of_release(filled) == {"REL-20"}
    assert trail(filled.fresh()).risky[0].risks == (Risk.SIGNATURE_REFUSED,)


def test_after_a_conditional_release_only_what_came_since_is_new(filled: Story) -> None:
    filled.release_conditionally()
    filled.infuse()
    filled.wait(days=28).results()
    new = set(new_names(filled))
    assert {"audit_trail:review", "disposition:release_conditionally", "infusion:stop", "result:record"} <= new
    assert not {"harvest:log", "isolation:log", "passage:log", "fill:log"} & new
    with pytest.raises(Refused) as refused:
        filled.decide("released", is_reviewed=False)
    assert refused.value.codes == ("REL-20",)
    filled.release()
    assert AuditTrailReview.objects.filter(batch=filled.batch).count() == 2


def test_a_rejection_does_not_wait_for_a_review(filled: Story) -> None:
    filled.decide("rejected", is_reviewed=False, grounds="Growth on the shelf mate.")
    assert filled.fresh().disposition == DispositionState.REJECTED


@pytest.mark.clause("11.10(g)")
def test_who_took_part_does_not_review(filled: Story) -> None:
    harvest = filled.fresh().harvest
    filled.correct(harvest, "anaesthesia", "Lidocaine 2 %, local", by=filled.cast.qa)
    with pytest.raises(Refused) as refused:
        filled.review(by=filled.cast.qa)
    assert refused.value.codes == ("AUD-01",)
    filled.review(by=filled.cast.supervisor)


def test_who_may_not_review_is_refused(filled: Story) -> None:
    with pytest.raises(Refused) as refused:
        filled.review(by=filled.cast.second_analyst)
    assert refused.value.codes == ("PERM-01",)


def test_every_entry_out_of_the_ordinary_is_ticked(filled: Story) -> None:
    filled.correct(filled.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local")
    with pytest.raises(Refused) as refused:
        filled.review(but=1, conclusion="")
    assert set(refused.value.codes) == {"AUD-02", "AUD-03"}
    assert not AuditTrailReview.objects.exists()


def test_a_correction_is_shown_old_to_new_beside_the_signatures_it_superseded(filled: Story) -> None:
    filled.correct(filled.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local")
    risky = trail(filled.fresh()).risky
    correction = next(item for item in risky if Risk.CORRECTED in item.risks)
    values = [(f.was, f.now) for change in correction.changes if not change.is_new for f in change.fields]
    assert ("Lidocaine 1 %, local", "Lidocaine 2 %, local") in values
    assert [i.entry.name for i in risky if Risk.SUPERSEDED in i.risks] == ["harvest:log"]


def test_a_late_entry_is_looked_at(story: Story) -> None:
    story.isolate()
    story.wait(hours=3)
    story.observe(done_at=story.at - timedelta(hours=2), late_reason="Tablet out of use.")
    assert [i.entry.name for i in trail(story.fresh()).risky] == ["culture:observe"]


def test_a_review_covers_no_further_than_it_was_shown(filled: Story) -> None:
    shown = trail(filled.fresh())
    ids = {item.entry.id: "" for item in shown.risky}
    filled.raise_deviation()
    filled.review(read=shown.until, looked_at=ids)
    assert new_names(filled)[0] == "deviation:raise"
    with pytest.raises(Refused) as refused:
        filled.review(read=Positions(shown.until.batch + 99, shown.until.patient))
    assert refused.value.codes == ("AUD-05",)


def test_a_second_review_of_nothing_is_refused(filled: Story) -> None:
    filled.review()
    assert [r.code for r in refusals("audit_trail:review", batch_facts(filled.fresh()))] == ["AUD-04"]
    with pytest.raises(Refused) as refused:
        filled.review()
    assert refused.value.codes == ("AUD-04",)


def test_the_signature_of_a_review_covers_what_was_ticked_and_noted(filled: Story) -> None:
    filled.correct(filled.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local")
    risky = trail(filled.fresh()).risky
    notes: dict[UUID, str] = {item.entry.id: f"Seen {item.entry.seq}" for item in risky}
    review = filled.review(looked_at=notes)
    assert {e.entry_id: e.note for e in review.entries.all()} == notes
    given = Signature.objects.filter(subject_model="batches.AuditTrailReview", subject_pk=str(review.pk))
    assert [(s.signature.meaning, s.is_valid) for s in standings(given)] == [("reviewed", True)]


def test_the_record_tells_the_review_and_what_came_after_it(filled: Story) -> None:
    filled.review(conclusion="Two late entries, both explained.")
    told = dumps(compose(gather(filled.fresh())))
    assert "Two late entries, both explained." in told
    filled.raise_deviation()
    assert "1 entries, not reviewed" in dumps(compose(gather(filled.fresh())))


def test_the_review_waits_for_qa_and_the_supervisor_with_the_decision(filled: Story) -> None:
    assert "Review audit trail" in tasks_of(filled, filled.cast.qa)
    assert "Review audit trail" in tasks_of(filled, filled.cast.supervisor)
    assert "Review audit trail" not in tasks_of(filled, filled.cast.technician)
    filled.review()
    assert "Review audit trail" not in tasks_of(filled, filled.cast.qa)
    assert "Decide disposition" in tasks_of(filled, filled.cast.qa)
