"""The audit trail: every act in order, what each changed, and its pages."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from batches.models import Lot
from lims.accounts.models import User
from lims.ledger import reading
from lims.ledger.models import SITE_STREAM, Entry
from lims.refusals import Refused
from tests.builders import Story
from tests.cast import PASSWORD, Cast


@pytest.fixture
def received(story: Story) -> Story:
    """A batch as far as tissue received."""
    story.receive()
    return story


def everything(wanted: reading.Wanted) -> list[reading.Line]:
    """All pages of a list, one after the other."""
    lines: list[reading.Line] = []
    after = ""
    while True:
        page = reading.entries(wanted, after=after)
        lines.extend(page.lines)
        after = page.more
        if not after:
            return lines


def sign_in(client: Client, user: User) -> Client:
    assert client.post("/sign-in/", {"username": user.username, "password": PASSWORD}).status_code == 302
    return client


def test_it_lists_every_act_once_newest_first_over_pages(received: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 4)
    lines = everything(reading.Wanted())
    assert len(lines) == Entry.objects.count()
    assert {line.entry.pk for line in lines} == set(Entry.objects.values_list("pk", flat=True))
    times = [line.entry.at for line in lines]
    assert times == sorted(times, reverse=True)
    # The people of the cast were trained in a past that the site's stream tells after its beginning.
    for stream in {line.entry.stream for line in lines} - {SITE_STREAM}:
        seqs = [line.entry.seq for line in lines if line.entry.stream == stream]
        assert seqs == sorted(seqs, reverse=True)


def test_it_keeps_its_place_while_new_acts_come(received: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 4)
    first = reading.entries(reading.Wanted())
    received.wait(days=1).enrol()
    second = reading.entries(reading.Wanted(), after=first.more)
    assert not {line.entry.pk for line in first.lines} & {line.entry.pk for line in second.lines}
    assert second.lines[0].entry.at <= first.lines[-1].entry.at


@pytest.mark.clause("A11-9")
def test_it_filters_by_stream_person_act_and_outcome(received: Story) -> None:
    cast, stream = received.cast, received.batch.stream
    assert [e.entry.name for e in everything(reading.Wanted(stream=stream.lower()))][-1] == "batch:issue"
    assert {e.entry.stream for e in everything(reading.Wanted(stream=stream))} == {stream}
    assert {e.entry.actor for e in everything(reading.Wanted(person=cast.qa))} == {cast.qa}
    assert {e.entry.name for e in everything(reading.Wanted(act="consent:"))} == {"consent:record"}
    assert everything(reading.Wanted(is_refused=True)) == []
    with pytest.raises(Refused):
        received.enrol(weight_kg=Decimal("-1"), medical_record_number="OTHER")
    (line,) = everything(reading.Wanted(is_refused=True))
    assert line.codes == "PAT-02"
    assert line.rows == 0


@pytest.mark.clause("11.10(e)", "A11-9")
def test_it_tells_old_and_new_of_what_an_act_changed(received: Story) -> None:
    received.wait(days=2).weigh("64.5")
    entry = Entry.objects.get(name="patient:weigh")
    (change,) = [c for c in reading.told(entry).changes if c.model == "batches.Patient"]
    assert (change.label, change.name, change.is_new) == ("Patient", received.patient.code, False)
    (weight,) = [f for f in change.fields if f.name == "weight_kg"]
    assert (weight.label, weight.was, weight.now) == ("Weight", "62.0", "64.5")
    assert {f.name for f in change.fields} == {"weight_kg", "weighed_on"}


def test_it_tells_every_value_of_a_row_that_is_new(received: Story) -> None:
    told = reading.told(Entry.objects.get(name="harvest:log"))
    (harvest,) = [c for c in told.changes if c.model == "batches.Harvest"]
    values = {f.name: f for f in harvest.fields}
    assert harvest.is_new
    assert values["volume_ml"].now == "1.000"
    assert values["batch"].now == str(received.batch)
    assert all(f.was is None for f in harvest.fields)
    assert told.is_linked


def test_it_asks_as_often_for_many_rows_as_for_one(received: Story, django_assert_max_num_queries: Any) -> None:
    entry = Entry.objects.get(name="eligibility:assess")
    assert len(reading.told(entry).changes) > 5
    with django_assert_max_num_queries(12):
        reading.told(entry)


def test_the_history_of_a_row_is_newest_first_with_its_acts(received: Story) -> None:
    history = reading.history_of(received.fresh())
    assert [entry.name for entry, _change in history][-1] == "batch:issue"
    assert [change.is_new for _entry, change in history][-1] is True
    seqs = [entry.seq for entry, _change in history]
    assert seqs == sorted(seqs, reverse=True)


@pytest.mark.parametrize("after", ["", "~~", "nonsense", "2026-01-01T00:00:00+00:00~no~site", "2026-01-01~1~site"])
def test_it_shows_the_first_page_for_a_place_that_is_none(received: Story, after: str) -> None:
    assert reading.entries(reading.Wanted(), after=after).lines == reading.entries(reading.Wanted()).lines


def test_a_batch_is_read_with_its_patient_and_a_patient_alone(received: Story) -> None:
    batch, patient = received.batch.stream, received.patient.stream
    assert reading.read_with(batch.lower()) == (patient,)
    assert reading.read_with(patient) == ()
    assert reading.read_with("") == ()
    found = everything(reading.Wanted(stream=batch, also=reading.read_with(batch)))
    assert {line.entry.stream for line in found} == {batch, patient}


def test_it_filters_by_time_with_both_ends_included(received: Story) -> None:
    harvested = Entry.objects.get(name="harvest:log").at
    names = [e.entry.name for e in everything(reading.Wanted(since=harvested, until=harvested))]
    assert names == ["harvest:log"]
    assert (
        Entry.objects.filter(at__gt=harvested).exclude(name="harvest:receive").count()
        == len(everything(reading.Wanted(since=harvested))) - 2
    )


def test_only_changes_with_a_reason_are_those_that_were_given_one(received: Story) -> None:
    assert everything(reading.Wanted(has_reason=True)) == []
    received.correct(received.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local", reason="Misread on the sheet.")
    (line,) = everything(reading.Wanted(has_reason=True))
    assert (line.entry.name, line.reason) == ("record:correct", "Misread on the sheet.")


def test_what_many_entries_changed_is_told_with_the_queries_of_one(
    received: Story, django_assert_max_num_queries: Any
) -> None:
    entries = list(Entry.objects.filter(stream=received.batch.stream))
    apart = {e.id: [(c.model, c.pk) for c in reading.told(e).changes] for e in entries}
    with django_assert_max_num_queries(30):
        together = {told.entry.id: told.changes for told in reading.told_all(entries)}
    assert {pk: [(c.model, c.pk) for c in changes] for pk, changes in together.items()} == apart


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_the_page_filters_and_says_so_when_nothing_fits(received: Story, client: Client) -> None:
    sign_in(client, received.cast.qa)
    page = client.get("/ledger/", {"stream": received.batch.stream, "person": received.cast.clinician.username})
    acts = {line.entry.name for line in page.context["lines"]}
    assert acts == {"patient:enrol", "consent:record", "eligibility:assess", "harvest:log"}
    nothing = client.get("/ledger/", {"act": "no such act"}).content.decode()
    assert "No act fits" in nothing


def test_the_page_of_an_act_shows_rows_signatures_and_seal(received: Story, client: Client) -> None:
    sign_in(client, received.cast.qa)
    entry = Entry.objects.get(name="harvest:receive")
    page = client.get(f"/ledger/{entry.pk}/").content.decode()
    assert entry.hash in page
    assert "Hash agrees" in page
    assert received.cast.technician.printed_name in page
    assert received.cast.second_technician.printed_name in page
    assert page.count("Holds") == 2
    assert client.get(f"/ledger/{uuid.uuid4()}/").status_code == 404


def test_markup_in_a_reason_is_shown_as_typed(received: Story, client: Client) -> None:
    received.wait(days=2).weigh("64.5", reason="<script>alert(1)</script>")
    sign_in(client, received.cast.qa)
    entry = Entry.objects.get(name="patient:weigh")
    for address in ("/ledger/", f"/ledger/{entry.pk}/"):
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page


@pytest.mark.clause("11.10(d)")
def test_the_administrator_does_not_read_the_audit_trail(cast: Cast, client: Client) -> None:
    sign_in(client, cast.administrator)
    entry = Entry.objects.earliest("at")
    assert client.get("/ledger/").status_code == 403
    assert client.get(f"/ledger/{entry.pk}/").status_code == 403


def test_the_page_filters_by_batch_with_its_patient_time_and_reason(received: Story, client: Client) -> None:
    sign_in(client, received.cast.auditor)
    received.correct(received.fresh().harvest, "anaesthesia", "Lidocaine 2 %, local")
    page = client.get("/ledger/", {"stream": received.batch.number})
    assert {line.entry.stream for line in page.context["lines"]} == {received.batch.stream, received.patient.stream}
    page = client.get("/ledger/", {"reasoned": "on", "since": "2026-09-28T00:00", "until": "2026-09-29T00:00"})
    assert [line.entry.name for line in page.context["lines"]] == ["record:correct"]
    page = client.get("/ledger/", {"reasoned": "on", "until": "2026-09-27T00:00"})
    assert page.context["lines"] == []


def test_the_page_of_a_row_tells_everything_that_became_of_it(
    received: Story, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, received.cast.auditor)
    harvest = received.fresh().harvest
    received.correct(harvest, "anaesthesia", "Lidocaine 2 %, local")
    address = f"/ledger/rows/batches.Harvest/{harvest.pk}/"
    page = client.get(address)
    assert [entry.name for entry, _change in page.context["history"]] == ["record:correct", "harvest:log"]
    assert "<del>Lidocaine 1 %, local</del> <ins>Lidocaine 2 %, local</ins>" in page.content.decode()
    monkeypatch.setattr(reading, "PAGE", 1)
    second = client.get(client.get(address).context["pager"]["next_url"])
    assert [entry.name for entry, _change in second.context["history"]] == ["harvest:log"]
    for wrong in ("batches.Harvest/999999", "batches.Harvest/none", "ledger.Entry/1", "nothing/1"):
        assert client.get(f"/ledger/rows/{wrong}/").status_code == 404, wrong


def test_every_page_of_a_record_leads_to_its_entries(received: Story, client: Client) -> None:
    received.stock()
    deviation = received.raise_deviation()
    sign_in(client, received.cast.auditor)
    number = received.batch.number
    lot = Lot.objects.earliest("pk")
    for address, link in (
        (f"/batches/{number}/", f"/ledger/?stream={number}"),
        (f"/batches/{number}/record/", f"/ledger/?stream={number}"),
        (f"/patients/{received.patient.code}/", f"/ledger/?stream={received.patient.stream}"),
        (f"/lots/{lot.pk}/", f"/ledger/rows/batches.Lot/{lot.pk}/"),
        (f"/deviations/{deviation.number}/", f"/ledger/rows/batches.Deviation/{deviation.pk}/"),
    ):
        page = client.get(address).content.decode()
        assert f'href="{link}"' in page, address
        assert client.get(link).status_code == 200


def test_an_auditor_is_offered_nothing_that_they_may_not_do(received: Story, client: Client) -> None:
    sign_in(client, received.cast.auditor)
    assert "Reading room" in client.get("/").content.decode()
    page = client.get(f"/batches/{received.batch.number}/").content.decode()
    assert "Print batch record" not in page
    assert "your role has no act at this stage" in page
    assert "Raise deviation" not in client.get(f"/batches/{received.batch.number}/deviations/").content.decode()
    with pytest.raises(Refused) as refused:
        received.raise_deviation(by=received.cast.auditor)
    assert refused.value.codes == ("PERM-01",)
