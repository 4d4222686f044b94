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


@pytest.mark.clause("A11-9", "R30")
def test_release_waits_for_the_review(tested: Story) -> None:
    assert codes_of_release(tested) == {"REL-20"}
    tested.review()
    tested.decide("released_conditionally", is_reviewed=False)
    assert tested.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY


def test_an_entry_after_the_review_reopens_it(tested: Story) -> None:
    """Scenario 20 of the acceptance list."""
    tested.review()
    assert unreviewed(tested.fresh()) == 0
    deviation = tested.raise_deviation()
    assert codes_of_release(tested) >= {"REL-20"}
    assert new_names(tested)[0] == "deviation:raise"
    tested.assess(deviation)
    tested.close(deviation)
    tested.review()
    tested.decide("released_conditionally", is_reviewed=False)


def test_an_entry_of_the_patient_after_the_review_reopens_it(tested: Story) -> None:
    tested.review()
    tested.weigh("61")
    assert codes_of_release(tested) == {"REL-20"}
    assert new_names(tested)[0] == "patient:weigh", "it is looked at by itself"


@pytest.mark.clause("A11-9")
def test_a_weight_recorded_anew_is_looked_at_by_itself_with_its_reason(tested: Story) -> None:
    tested.weigh("61", reason="The patient lost weight since the harvest.")
    item = next(i for i in trail(tested.fresh()).risky if i.entry.name == "patient:weigh")
    assert item.risks == (Risk.WEIGHED,)
    assert item.reason == "The patient lost weight since the harvest."
    told = {f.name: (f.was, f.now) for c in item.changes for f in c.fields}
    assert told["weight_kg"] == ("62.0", "61.0")
    others = {i.entry.id: "" for i in trail(tested.batch).risky if i.entry.name != "patient:weigh"}
    with pytest.raises(Refused) as refused:
        tested.review(looked_at=others)
    assert refused.value.codes == ("AUD-02",)


def test_a_refused_act_after_the_review_reopens_it_but_a_refused_decision_does_not(tested: Story) -> None:
    tested.review()
    with pytest.raises(Refused):
        tested.decide("released_conditionally", is_reviewed=False, grounds="ok")
    assert unreviewed(tested.fresh()) == 0
    with pytest.raises(Refused):
        tested.observe()
    assert codes_of_release(tested) == {"REL-20"}


def test_a_refused_signature_under_a_decision_reopens_the_review(tested: Story) -> None:
    tested.review()
    wrong = signed((Meaning.RELEASED_CONDITIONALLY, tested.cast.qa), password="not the password")
    with pytest.raises(Refused) as refused:
        tested.decide("released_conditionally", is_reviewed=False, signatures=wrong)
    assert refused.value.codes == ("ACC-01",)
    assert (unreviewed(tested.fresh()), waiting([tested.fresh()])) == (1, {tested.batch.pk})
    assert codes_of_release(tested) == {"REL-20"}
    assert trail(tested.fresh()).risky[0].risks == (Risk.SIGNATURE_REFUSED,)


def test_after_a_conditional_release_only_what_came_since_is_new(tested: Story) -> None:
    tested.release_conditionally()
    tested.infuse()
    tested.wait(days=28).results()
    new = set(new_names(tested))
    assert {"audit_trail:review", "disposition:release_conditionally", "infusion:stop", "result:record"} <= new
    assert not {"harvest:log", "isolation:log", "passage:log", "fill:log"} & new
    with pytest.raises(Refused) as refused:
        tested.decide("released", is_reviewed=False)
    assert refused.value.codes == ("REL-20",)
    tested.release()
    assert AuditTrailReview.objects.filter(batch=tested.batch).count() == 2


def test_a_rejection_does_not_wait_for_a_review(tested: Story) -> None:
    tested.decide("rejected", is_reviewed=False, grounds="Growth on the shelf mate.")
    assert tested.fresh().disposition == DispositionState.REJECTED


@pytest.mark.clause("11.10(g)", "R30")
def test_who_took_part_does_not_review(tested: Story) -> None:
    harvest = tested.fresh().harvest
    tested.correct(harvest, "anaesthesia", "Lidocaine 2 %, local", by=tested.cast.qa)
    with pytest.raises(Refused) as refused:
        tested.review(by=tested.cast.qa)
    assert refused.value.codes == ("AUD-01",)
    tested.review(by=tested.cast.supervisor)


def test_who_may_not_review_is_refused(tested: Story) -> None:
    with pytest.raises(Refused) as refused:
        tested.review(by=tested.cast.second_analyst)
    assert refused.value.codes == ("PERM-01",)


@pytest.mark.clause("R30")
def test_every_entry_out_of_the_ordinary_is_ticked(tested: Story) -> None:
    tested.correct(tested.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local")
    with pytest.raises(Refused) as refused:
        tested.review(but=1, conclusion="")
    assert set(refused.value.codes) == {"AUD-02", "AUD-03"}
    assert not AuditTrailReview.objects.exists()


def test_a_correction_is_shown_old_to_new_beside_the_signatures_it_superseded(tested: Story) -> None:
    tested.correct(tested.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local")
    risky = trail(tested.fresh()).risky
    correction = next(item for item in risky if Risk.CORRECTED in item.risks)
    values = [(f.was, f.now) for change in correction.changes if not change.is_new for f in change.fields]
    assert ("Lidocaine 1 %, local", "Lidocaine 2 %, local") in values
    assert [i.entry.name for i in risky if Risk.SUPERSEDED in i.risks] == ["harvest:log"]


def test_a_late_entry_is_looked_at(tested: Story) -> None:
    story = Story(tested.cast, at=tested.at)
    story.isolate()
    story.wait(hours=3)
    story.observe(done_at=story.at - timedelta(hours=2), late_reason="Tablet out of use.")
    assert [i.entry.name for i in trail(story.fresh()).risky] == ["culture:observe"]


def test_a_review_covers_no_further_than_it_was_shown(tested: Story) -> None:
    shown = trail(tested.fresh())
    ids = {item.entry.id: "" for item in shown.risky}
    tested.raise_deviation()
    tested.review(read=shown.until, looked_at=ids)
    assert new_names(tested)[0] == "deviation:raise"
    with pytest.raises(Refused) as refused:
        tested.review(read=Positions(shown.until.batch + 99, shown.until.patient))
    assert refused.value.codes == ("AUD-05",)


def test_a_second_review_of_nothing_is_refused(tested: Story) -> None:
    tested.review()
    assert [r.code for r in refusals("audit_trail:review", batch_facts(tested.fresh()))] == ["AUD-04"]
    with pytest.raises(Refused) as refused:
        tested.review()
    assert refused.value.codes == ("AUD-04",)


def test_the_signature_of_a_review_covers_what_was_ticked_and_noted(tested: Story) -> None:
    tested.correct(tested.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local")
    risky = trail(tested.fresh()).risky
    notes: dict[UUID, str] = {item.entry.id: f"Seen {item.entry.seq}" for item in risky}
    review = tested.review(looked_at=notes)
    assert {e.entry_id: e.note for e in review.entries.all()} == notes
    given = Signature.objects.filter(subject_model="batches.AuditTrailReview", subject_pk=str(review.pk))
    assert [(s.signature.meaning, s.is_valid) for s in standings(given)] == [("reviewed", True)]


def test_the_record_tells_the_review_and_what_came_after_it(tested: Story) -> None:
    tested.review(conclusion="Two late entries, both explained.")
    told = dumps(compose(gather(tested.fresh())))
    assert "Two late entries, both explained." in told
    tested.raise_deviation()
    assert "1 entries, not reviewed" in dumps(compose(gather(tested.fresh())))


def test_the_review_waits_for_qa_and_the_supervisor_with_the_decision(tested: Story) -> None:
    assert "Review audit trail" in tasks_of(tested, tested.cast.qa)
    assert "Review audit trail" in tasks_of(tested, tested.cast.supervisor)
    assert "Review audit trail" not in tasks_of(tested, tested.cast.technician)
    tested.review()
    assert "Review audit trail" not in tasks_of(tested, tested.cast.qa)
    assert "Decide disposition" in tasks_of(tested, tested.cast.qa)
