"""One patient's whole way by hand: enrolled, harvested, cultured, tested, released, infused, followed up, printed.

Time is moved between the days of the culture; the pages, the server, the passwords and the worker are real. Days that
only repeat what was done by hand once go through the commands.
"""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

import pytest
import time_machine
from PIL import Image
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from batches.models import Batch, Deviation, Lot, Patient, PrintedRecord
from batches.rules.states import DispositionState, Stage
from lims.accounts.models import User
from lims.files import path_of
from lims.ledger.verify import verify
from tests.builders import EQUIPMENT, LOTS, Story
from tests.builders_quality import MAY_WAIT
from tests.cast import Cast
from tests.journeys.person import Person
from tests.journeys.test_bedside import read, turn

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.poppler, pytest.mark.django_db(transaction=True)]

START = datetime(2026, 9, 28, 0, 0, tzinfo=UTC)
SIGNED_IN_FOR = timedelta(hours=6)


class Journey:
    """The people, each signed in when needed, and the one clock of the story."""

    def __init__(self, browser: Browser, url: str, cast: Cast, clock: time_machine.Coordinates, width: int) -> None:
        self.browser, self.url, self.cast, self.clock, self.width = browser, url, cast, clock, width
        self.story = Story(cast, at=START)
        self.people: dict[str, tuple[Person, datetime]] = {}
        self.faults: list[str] = []

    @property
    def at(self) -> datetime:
        return self.story.at

    @property
    def home(self) -> str:
        return f"/batches/{self.story.batch.number}/"

    def wait(self, **by: float) -> None:
        """Let time pass for everybody."""
        self.story.wait(**by)
        self.clock.move_to(self.story.at)

    def follow(self) -> None:
        """Bring the clock to where the story went by itself."""
        self.clock.move_to(self.story.at)

    def as_(self, user: User) -> Person:
        """Somebody at a browser; signs in again on another day."""
        person, since = self.people.get(user.username, (None, self.at))
        if person is None or self.at - since > SIGNED_IN_FOR:
            if person is not None:
                self.faults += person.leave()
            person, since = Person(self.browser, self.url, user, width=self.width), self.at
            self.people[user.username] = (person, since)
        return person

    def leave(self) -> list[str]:
        """Everybody goes home; what was wrong on any page."""
        for person, _since in self.people.values():
            self.faults += person.leave()
        return self.faults


def test_a_patient_is_taken_through_all_of_it_in_a_browser(
    browser: Browser,
    live_server: LiveServer,
    worker: Popen[bytes],
    cast: Cast,
    tmp_path: Path,
    settings: object,
    width: int,
) -> None:
    # Hours pass between pages here; the idle lock has tests of its own.
    settings.IDLE_MINUTES = 24 * 60  # type: ignore[attr-defined]
    with time_machine.travel(START, tick=True) as clock:
        journey = Journey(browser, live_server.url, cast, clock, width)
        journey.story.stock()
        enrol_and_issue(journey)
        harvest_and_receive(journey)
        isolate(journey)
        culture(journey, tmp_path)
        harvest_cells_and_fill(journey)
        examine_and_release(journey)
        label_the_product(journey)
        infuse(journey)
        follow_up(journey)
    correct_a_value(journey)
    print_the_record(journey, tmp_path)
    faults = sorted(set(journey.leave()))
    assert not faults, "\n".join(faults)
    assert verify().findings == []


def enrol_and_issue(journey: Journey) -> None:
    cast = journey.cast
    doctor = journey.as_(cast.clinician)
    doctor.open("/patients/enrol/")
    doctor.fill(
        name="Synthetic <b>Person</b>",
        birth_date="1961-05-04",
        sex="female",
        medical_record_number="SYN-MRN-1",
        weight_kg="62",
        weighed_on="2026-09-28",
        diagnosis="Chronic low back pain",
        pain_site="Lower back",
    )
    doctor.send("Enrol patient")
    patient = Patient.objects.get()
    for kind in ("treatment", "tissue_donation"):
        doctor.open(f"/patients/{patient.code}/consents/record/")
        doctor.fill(kind=kind, form_version="2.1", signed_on="2026-09-28")
        doctor.sign()
        doctor.send("Record consent")
    doctor.open(f"/patients/{patient.code}/eligibility/")
    for criterion in cast.mbr.process.eligibility:
        answer = "no" if criterion.excludes_if == "yes" else "yes"
        doctor.fill(**{f"criterion_{criterion.code}": answer})
    doctor.sign()
    doctor.send("Assess eligibility")
    doctor.open(f"/patients/{patient.code}/")
    expect(doctor.page.get_by_text("Synthetic <b>Person</b>").first).to_be_visible()

    qa = journey.as_(cast.qa)
    qa.open(f"/patients/{patient.code}/issue/")
    qa.sign("issued", second=("checked", cast.second_qa))
    qa.send("Issue batch")
    journey.story.patient = patient
    journey.story.batch = Batch.objects.get()
    assert qa.page.url.endswith(journey.home)
    journey.story.sample("donor_blood")


def harvest_and_receive(journey: Journey) -> None:
    cast = journey.cast
    journey.wait(hours=1)
    doctor = journey.as_(cast.clinician)
    doctor.open(f"{journey.home}harvest/")
    doctor.fill(
        side="left",
        volume_ml="1.0",
        anaesthesia="Lidocaine 1 %, local",
        started_at=journey.at - timedelta(minutes=30),
        done_at=journey.at,
        container_code="HK-1",
        dispatched_at=journey.at,
        transport_temp_c="5",
    )
    doctor.sign()
    doctor.send("Record harvest")

    journey.wait(hours=2)
    technician = journey.as_(cast.technician)
    technician.open(f"{journey.home}receipt/")
    batch = journey.story.fresh()
    received = {
        "scanned_coi": batch.coi,
        "scanned_patient": batch.patient.code,
        "temperature_min_c": "4",
        "temperature_max_c": "6",
        "is_intact": True,
        "is_labelled": True,
    }
    technician.fill(**received, scanned_container="HK-2")
    technician.sign(second=("witnessed", cast.second_technician))
    technician.press(technician.page.get_by_role("button", name="Receive tissue"))
    expect(technician.page.get_by_text("REC-04").first).to_be_visible()
    assert technician.page.locator("[name=scanned_patient]").input_value() == batch.patient.code
    technician.look()
    technician.fill(scanned_container="HK-1")
    technician.sign(second=("witnessed", cast.second_technician))
    technician.send("Receive tissue")
    assert journey.story.fresh().stage == Stage.RECEIVED


def count(person: Person, live: int, dead: int) -> None:
    """Type a count spread over two chambers of four squares."""
    person.fill(sample_ml="0.1", dye_ml="0.1", drawn_ml="0.2")
    boxes = [(chamber, square) for chamber in "ab" for square in range(1, 5)]
    for index, (chamber, square) in enumerate(boxes):
        for what, total in (("live", live), ("dead", dead)):
            value = total // 8 + (index < total % 8)
            person.fill(**{f"{chamber}{square}_{what}": str(value)})


def isolate(journey: Journey) -> None:
    journey.wait(hours=2)
    technician = journey.as_(journey.cast.technician)
    technician.open(f"{journey.home}isolation/")
    technician.fill(
        fat_processed_ml="1.0",
        enzyme_lot=LOTS[Lot.Kind.ENZYME],
        cabinet=EQUIPMENT["bsc"],
        digestion_started_at=journey.at - timedelta(minutes=75),
        digestion_ended_at=journey.at - timedelta(minutes=30),
        digestion_temp_c="37",
        suspension_ml="2.0",
    )
    count(technician, 160, 30)
    seed(journey, technician, "T25", "1", "1.8")
    expect(technician.page.locator("#figures").get_by_text("4.00×10⁵").first).to_be_visible()
    technician.sign(second=("witnessed", journey.cast.second_technician))
    technician.send("Log isolation")


def seed(journey: Journey, person: Person, kind: str, number: str, ml: str) -> None:
    """Type the vessels seeded, their medium and place."""
    person.fill(
        seed1_kind=kind,
        seed1_number=number,
        seed1_lot=LOTS[Lot.Kind.VESSEL],
        seed1_ml=ml,
        medium_lot=LOTS[Lot.Kind.MEDIUM],
        medium_ml="70",
        done_at=journey.at,
        incubator=EQUIPMENT["incubator"],
        shelf="S-1",
    )


def culture(journey: Journey, tmp_path: Path) -> None:
    technician = journey.as_(journey.cast.technician)
    journey.wait(days=2)
    technician = journey.as_(journey.cast.technician)
    photo = tmp_path / "P0.png"
    Image.new("RGB", (64, 48), "#dde").save(photo)
    technician.open(f"{journey.home}observation/")
    technician.fill(confluence_pct="15", morphology="spindle", medium="clear", photo=photo, done_at=journey.at)
    technician.sign()
    technician.send("Record observation")
    technician.open(f"{journey.home}medium-change/")
    technician.fill(medium_lot=LOTS[Lot.Kind.MEDIUM], medium_ml="5", done_at=journey.at)
    technician.sign()
    technician.send("Record medium change")
    journey.story.culture(8)
    journey.follow()
    passage(journey, live=205, dead=9, suspension="4.0", to=("T175", "2", "3.4"), shown="2.05×10⁶")
    journey.story.culture(5)
    journey.follow()
    passage(journey, live=323, dead=38, suspension="15.0", to=("CS5", "1", "14.8"), shown="1.21×10⁷")


def detach(journey: Journey, person: Person, suspension: str) -> None:
    """Tick every vessel and type the detachment."""
    for box in person.page.locator("[name=vessels]").all():
        box.check()
    person.fill(
        confluence_pct="85",
        reagent_lot=LOTS[Lot.Kind.DETACHMENT],
        cabinet=EQUIPMENT["bsc"],
        exposure_started_at=journey.at - timedelta(minutes=30),
        exposure_ended_at=journey.at - timedelta(minutes=26),
        suspension_ml=suspension,
    )


def passage(journey: Journey, *, live: int, dead: int, suspension: str, to: tuple[str, str, str], shown: str) -> None:
    generation = journey.story.fresh().generation
    technician = journey.as_(journey.cast.technician)
    technician.open(f"{journey.home}passage/")
    detach(journey, technician, suspension)
    count(technician, live, dead)
    seed(journey, technician, *to)
    expect(technician.page.locator("#figures").get_by_text(shown).first).to_be_visible()
    technician.fill(comment="Some debris after a long wash.")
    technician.sign(second=("witnessed", journey.cast.second_technician))
    technician.send(f"Log passage P{generation}")
    technician.open(journey.home)
    expect(technician.page.get_by_text(shown).first).to_be_visible()


def harvest_cells_and_fill(journey: Journey) -> None:
    journey.story.sample("trilineage_cells")
    journey.story.culture(4)
    journey.story.sample("spent_medium_final")
    journey.story.culture(2)
    journey.wait(hours=12)
    technician = journey.as_(journey.cast.technician)
    technician.open(f"{journey.home}cell-harvest/")
    detach(journey, technician, "60")
    count(technician, 444, 25)
    technician.fill(predilution="2", sampled_ml="2", done_at=journey.at, comment="As expected.")
    technician.sign(second=("witnessed", journey.cast.second_technician))
    technician.send("Log final cell harvest")
    journey.story.take_samples()
    journey.wait(hours=1)
    label_the_bag(journey, technician)
    technician.fill(
        used_ml="50",
        vehicle_lot=LOTS[Lot.Kind.VEHICLE],
        container_lot=LOTS[Lot.Kind.CONTAINER],
        container_code="BAG-1",
        volume_ml="100",
        storage_temp_c="5",
        is_appearance_good="yes",
        scanned_coi=symbol(journey),
        done_at=journey.at,
        comment="Whitish, no clumps.",
    )
    count(technician, 432, 31)
    technician.fill(drawn_ml="3")
    technician.sign(second=("witnessed", journey.cast.second_technician))
    technician.send("Log fill")
    assert journey.story.fresh().stage == Stage.FILLED


def label_the_bag(journey: Journey, technician: Person) -> None:
    """From the batch page to the label of the empty bag, and on to the fill that scans it."""
    technician.open(journey.home)
    expect(technician.page.get_by_text("FIL-08").first).to_be_visible()
    technician.press(technician.page.get_by_role("link", name="Print label for the fill").first)
    technician.look()
    technician.fill(container_code="BAG-1", is_screened="yes", has_risk_factor="no")
    technician.send("Print label for the fill")
    expect(technician.page.get_by_text("Apply it to the container").first).to_be_visible()
    technician.look()
    technician.press(technician.page.get_by_role("link", name="Log fill").first)
    technician.look()


def symbol(journey: Journey) -> str:
    """What the scanner reads from the newest label."""
    batch = journey.story.fresh()
    label = batch.label_prints.order_by("-id")[0]
    return f"{batch.coi}/{batch.number}/{label.container}/{label.code}"


def label_the_product(journey: Journey) -> None:
    """The label with cells and expiry: printed, applied, scanned in with a witness; nothing is left over."""
    cast = journey.cast
    technician = journey.as_(cast.technician)
    technician.open(f"{journey.home}labels/")
    technician.press(technician.page.get_by_role("link", name="Print labels", exact=True))
    technician.look()
    technician.page.locator("[name=chosen][value='BAG-1']").check(force=True)
    technician.fill(is_screened="yes", has_risk_factor="no")
    technician.send("Print labels")
    technician.press(technician.page.get_by_role("link", name="Account for labels", exact=True))
    technician.look()
    technician.fill(scanned=symbol(journey), fate="applied")
    technician.sign(second=("witnessed", cast.second_technician))
    technician.send("Account for labels")
    expect(technician.page.get_by_role("region", name="Labels counted")).to_contain_text("2")
    assert not journey.story.batch.label_prints.exclude(state="applied").exists()
    technician.look()


def examine_and_release(journey: Journey) -> None:
    cast, story = journey.cast, journey.story
    technician = journey.as_(cast.technician)
    technician.open(f"{journey.home}sample/")
    technician.fill(kind="final_product", volume_ml="2", done_at=journey.at)
    technician.sign()
    technician.send("Take sample")
    story.take_samples()
    journey.wait(hours=1)
    analyst = journey.as_(cast.analyst)
    endotoxin = story.batch.results.get(test="endotoxin")
    analyst.open(f"{journey.home}results/")
    analyst.open(f"{journey.home}results/{endotoxin.pk}/")
    analyst.fill(censor="<", number="0.05", method_version="QC-07 v2", done_at=journey.at)
    analyst.sign(second=("checked", cast.second_analyst))
    analyst.send("Record result")
    story.results(leave=MAY_WAIT)
    qa = journey.as_(cast.qa)
    qa.open("/")
    for deviation in Deviation.objects.filter(batch=story.batch, state="open"):
        qa.open(f"/deviations/{deviation.number}/assess/")
        qa.fill(severity="minor", root_cause="Long wash.", product_impact="None.", action="None needed.")
        qa.sign("reviewed")
        qa.send("Assess deviation")
        second = journey.as_(cast.second_qa)
        second.open(f"/deviations/{deviation.number}/close/")
        second.fill(conclusion="Accepted.", is_product_acceptable="yes")
        second.sign("approved")
        second.send("Close deviation")
    review_audit_trail(journey)
    qa.open(f"{journey.home}disposition/")
    qa.fill(grounds="Every result that release waits for is final.", physician_informed="Ishii Akari, in writing")
    qa.sign_bar()
    qa.press(qa.page.get_by_role("button", name="Release conditionally"))
    assert story.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY, qa.page.inner_text("main")


def review_audit_trail(journey: Journey) -> None:
    """Somebody of QA looks at every entry out of the ordinary, and ticks it."""
    reviewer = journey.as_(journey.cast.second_qa)
    reviewer.open(f"{journey.home}audit-trail-review/")
    for tick in reviewer.page.locator("[name^=looked_]").all():
        tick.check()
    reviewer.fill(conclusion="Every entry was looked at; nothing touches the product.")
    reviewer.sign("reviewed")
    reviewer.send("Record review")


def infuse(journey: Journey) -> None:
    cast, story = journey.cast, journey.story
    journey.wait(hours=1)
    story.baseline()
    doctor = journey.as_(cast.clinician)
    doctor.open(f"{journey.home}infusion-check/")
    doctor.fill(
        scanned_patient=story.batch.patient.code,
        scanned_coi=story.batch.coi,
        is_name_confirmed=True,
        is_bag_good=True,
        weight_kg="62",
        catheter="22 G, left forearm",
    )
    doctor.sign(second=("witnessed", cast.second_clinician))
    doctor.send("Confirm identity")
    reading(journey, "baseline")
    journey.wait(minutes=3)
    doctor.page.reload()
    turn(doctor, "Start infusion", "Start infusion")
    for scheduled in ("m5", "m10", "m15", "m20"):
        journey.wait(minutes=5)
        reading(journey, scheduled)
    journey.wait(minutes=10)
    doctor.page.reload()
    turn(doctor, "Stop infusion", "Stop infusion", infused_ml="97")
    reading(journey, "end")
    journey.wait(minutes=75)
    doctor.open(f"{journey.home}adverse-event-check/")
    doctor.fill(is_none="none")
    doctor.sign()
    doctor.send("Record assessment")
    assert story.fresh().stage == Stage.INFUSED


def reading(journey: Journey, scheduled: str) -> None:
    """One reading of somebody well, every symptom asked for."""
    doctor = journey.as_(journey.cast.clinician)
    doctor.open(f"{journey.home}bedside/")
    read(doctor, journey.story, scheduled=scheduled)
    doctor.press(doctor.page.get_by_role("button", name="Record reading"))
    expect(doctor.page.locator(".refused")).to_have_count(0)
    assert journey.story.fresh().infusion.vitals.filter(scheduled=scheduled).exists()


def follow_up(journey: Journey) -> None:
    journey.wait(days=123)
    journey.story.results()
    doctor = journey.as_(journey.cast.clinician)
    doctor.open(f"{journey.home}follow-up/")
    doctor.fill(rater="Ishii Akari", instrument="fps_r", fps_score="2", done_at=journey.at)
    for item in range(1, 21):
        doctor.fill(**{f"pdas{item:02d}": "1"})
    doctor.sign()
    doctor.send("Record follow-up")
    assert journey.story.batch.pain_assessments.count() == 2


def correct_a_value(journey: Journey) -> None:
    """A volume is corrected: the old value stays, struck through."""
    journey.story.at = datetime.now(UTC)
    technician = journey.as_(journey.cast.technician)
    technician.open(f"{journey.home}corrections/")
    harvest = journey.story.batch.harvest
    technician.open(f"{journey.home}corrections/Harvest/{harvest.pk}/volume_ml/")
    technician.fill(value="1.1", reason="Misread on the syringe, checked against the photo.")
    technician.sign("corrected", second=("witnessed", journey.cast.second_technician))
    technician.send("Correct value")
    technician.open(f"{journey.home}record/")
    expect(technician.page.locator("del, s").get_by_text("1.0").first).to_be_visible()


def print_the_record(journey: Journey, tmp_path: Path) -> None:
    technician = journey.as_(journey.cast.technician)
    technician.open(f"{journey.home}record/")
    technician.open(journey.home)
    technician.page.get_by_role("button", name="Print batch record").click()
    link = technician.page.get_by_role("link", name="Download PDF")
    expect(link.first).to_be_visible(timeout=40_000)
    printed = PrintedRecord.objects.get()
    with technician.page.expect_download() as fetched:
        link.first.click()
    file = tmp_path / "record.pdf"
    fetched.value.save_as(file)
    assert file.read_bytes() == path_of(printed.sha256).read_bytes()
    told = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    for figure in ("1.21×10⁷", "1.33×10⁸", "1.08×10⁸", "not measurable", "Aoki Ren", "assessed, none", "day 123"):
        assert figure in told, figure
    assert re.search(r"Page\s+1 of \d+", told)
