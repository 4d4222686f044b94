"""What the label of autologous cells must say, for every combination of what is known of the donor."""

from __future__ import annotations

from itertools import product

import pytest

from batches.rules.identity import LabelCode, chain_of_identity, label_content, matches, read_label
from batches.rules.labels import (
    DonorFacts,
    LabelFacts,
    LabelKind,
    account_refusals,
    container_refusals,
    copy_code,
    donor_refusals,
    fill_label,
    lacking,
    print_refusals,
    reconciled,
    statements,
)
from batches.rules.states import LabelState, VesselState
from batches.rules.vessels import VesselFacts, chosen

ONLY = "FOR AUTOLOGOUS USE ONLY"
NOT = "NOT EVALUATED FOR INFECTIOUS SUBSTANCES"
HAZARD = "BIOHAZARD"
REACTIVE = "WARNING: Reactive test results for HBV"
RISK = "WARNING: Advise patient of communicable disease risks"

# Screening complete, any test reactive, risk factor found.
EXPECTED = {
    (True, False, False): (ONLY,),
    (True, False, True): (ONLY, HAZARD, RISK),
    (True, True, False): (ONLY, HAZARD, REACTIVE),
    (True, True, True): (ONLY, HAZARD, REACTIVE, RISK),
    (False, False, False): (ONLY, NOT),
    (False, False, True): (ONLY, NOT, HAZARD, RISK),
    (False, True, False): (ONLY, NOT, HAZARD, REACTIVE),
    (False, True, True): (ONLY, NOT, HAZARD, REACTIVE, RISK),
}
LABEL = LabelCode("CI-260042-J", "B-0042", "P1-01", "L-000012")


@pytest.mark.parametrize("known", list(product((True, False), repeat=3)))
def test_a_label_says_what_the_donor_s_status_asks_for(known: tuple[bool, bool, bool]) -> None:
    complete, reactive, risk = known
    said = statements(is_screening_complete=complete, is_any_reactive=reactive, has_risk_factor=risk, agents="HBV")
    assert said == EXPECTED[known]


@pytest.mark.parametrize(("tested", "screened"), [(True, False), (False, True), (False, False)])
def test_testing_without_screening_is_not_complete_nor_the_other_way_round(tested: bool, screened: bool) -> None:
    assert not DonorFacts(tested, False, screened, False).is_complete
    assert DonorFacts(True, False, True, False).is_complete


def test_a_reactive_test_is_named() -> None:
    assert [r.code for r in donor_refusals(DonorFacts(True, True, True, False, " "))] == ["LAB-05"]
    assert list(donor_refusals(DonorFacts(True, True, True, False, "HBV"))) == []


@pytest.mark.parametrize(
    ("chosen", "reason", "is_approved", "codes"),
    [
        (["P0-02"], "", False, []),
        (["P0-01"], "", False, ["LAB-01", "LAB-02"]),
        (["P0-01"], "The old one is torn, destroyed.", False, ["LAB-02"]),
        (["P0-01"], "torn", True, ["LAB-01"]),
        (["P0-01"], "The old one is torn, destroyed.", True, []),
        ([], "", False, ["LAB-03"]),
        (["P9-01"], "", False, ["LAB-04"]),
    ],
)
def test_a_second_copy_needs_a_reason_and_qa(
    chosen: list[str], reason: str, is_approved: bool, codes: list[str]
) -> None:
    known = ["P0-01", "P0-02"]
    found = print_refusals(chosen=chosen, known=known, printed=["P0-01"], reason=reason, is_approved=is_approved)
    assert [r.code for r in found] == codes


def test_a_label_lacks_what_it_must_say_by_now_and_a_needless_warning_is_nothing_to_print_again() -> None:
    said = statements(is_screening_complete=False, is_any_reactive=False, has_risk_factor=False)
    assert lacking(said, DonorFacts(True, False, True, False)) == (), "says that nothing was evaluated, and it was"
    assert lacking(said, DonorFacts(True, True, True, False, "HBV")) == (HAZARD, REACTIVE)
    assert lacking((ONLY,), DonorFacts(False, False, True, False)) == (NOT,), "the test it rested on is invalid"


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("BAG-7", []),
        (" ", ["LAB-07"]),
        ("BAG/7", ["LAB-07"]),
        ("BAG 7", ["LAB-07"]),
        ("p0-01", ["LAB-09"]),
        ("bag-1", ["LAB-09"]),
    ],
)
def test_a_container_is_labelled_for_the_fill_once_by_a_code_that_a_symbol_can_hold(
    code: str, codes: list[str]
) -> None:
    assert [r.code for r in container_refusals(code, printed=["BAG-1"], others=["P0-01"])] == codes


ISSUED = LabelFacts("L-000003", "BAG-7", LabelState.ISSUED, LabelKind.FILL)
VOID = LabelFacts("L-000002", "BAG-7", LabelState.VOIDED, LabelKind.FILL)


@pytest.mark.parametrize(
    ("serial", "container", "scanned", "is_it"),
    [
        ("L-000003", "BAG-7", "BAG-7", True),
        ("L-000003", "BAG-7", "bag-7", True),
        ("L-000002", "BAG-7", "BAG-7", False),
        ("L-000009", "BAG-7", "BAG-7", False),
        ("L-000003", "BAG-7", "BAG-8", False),
    ],
)
def test_a_container_is_filled_under_the_label_printed_for_it_that_is_not_void(
    serial: str, container: str, scanned: str, is_it: bool
) -> None:
    label = LABEL._replace(coi=coi(), container=container, serial=serial)
    found, refusals = fill_label(label, container_code=scanned, labels=[VOID, ISSUED])
    assert (found is ISSUED, [r.code for r in refusals]) == (is_it, [] if is_it else ["FIL-09"])


def test_a_code_typed_where_the_scanner_fails_means_the_label_of_the_container_and_none_if_there_is_none() -> None:
    assert fill_label(None, container_code="BAG-7", labels=[VOID, ISSUED]) == (ISSUED, [])
    assert fill_label(None, container_code="BAG-7", labels=[VOID])[0] is None


@pytest.mark.parametrize(
    ("state", "fate", "codes"),
    [
        ("issued", "applied", []),
        ("issued", "destroyed", []),
        ("issued", "attached", []),
        ("issued", "returned", []),
        ("voided", "destroyed", []),
        ("voided", "attached", []),
        ("voided", "applied", ["LAB-12"]),
        ("voided", "returned", ["LAB-12"]),
        ("applied", "destroyed", ["LAB-12"]),
        ("applied", "applied", ["LAB-12"]),
        ("destroyed", "applied", ["LAB-12"]),
        ("attached", "destroyed", ["LAB-12"]),
    ],
)
def test_a_label_ends_once_and_a_void_one_is_never_applied(state: str, fate: str, codes: list[str]) -> None:
    label = LabelFacts("L-000003", "BAG-7", LabelState(state))
    found = account_refusals(LabelState(fate), [label], is_any_scanned=True, note="Cut up, seen by both.")
    assert [r.code for r in found] == codes


def test_what_is_gone_is_told_why_and_something_is_scanned() -> None:
    found = account_refusals(LabelState.DESTROYED, [], is_any_scanned=False, note="cut")
    assert [r.code for r in found] == ["LAB-14", "LAB-13"]
    assert not list(account_refusals(LabelState.APPLIED, [ISSUED], is_any_scanned=True, note=""))


def test_labels_reconcile_when_every_copy_is_accounted_for() -> None:
    states = [LabelState(s) for s in ("applied", "applied", "destroyed", "attached", "returned", "voided", "issued")]
    count = reconciled(states)
    assert (count.issued, count.applied, count.destroyed, count.attached, count.returned) == (7, 2, 1, 1, 1)
    assert count.difference == 2
    assert reconciled(states[:5]).difference == 0


def test_copies_of_a_label_are_told_apart() -> None:
    assert [copy_code("L-000012", n) for n in (1, 2, 12)] == ["L-000012", "L-000012.2", "L-000012.12"]


def coi() -> str:
    return chain_of_identity(year=2026, serial=42)


def test_the_symbol_of_a_label_is_read_back_and_matches_each_of_its_parts_and_nothing_else() -> None:
    label = LABEL._replace(coi=coi())
    symbol = label_content(label)
    assert " " not in symbol, "codes scanned one after another are separated by blanks"
    assert read_label(symbol) == read_label(f"]d1{symbol}") == label
    assert all(matches(symbol, part) for part in (label.coi, label.batch, label.container))
    assert not matches(symbol, "P-0042")
    assert not matches(symbol, label.serial), "a serial number is nobody's identity"
    assert not matches("", "") and not matches(symbol, "")


def test_a_symbol_with_a_wrong_check_character_or_a_part_missing_is_none() -> None:
    good = coi()
    wrong = good[:-1] + ("A" if good[-1] != "A" else "B")
    assert read_label(label_content(LABEL._replace(coi=wrong))) is None
    assert read_label(f"{good}/B-0042/P1-01") is None
    assert read_label(f"{good}/B-0042//L-1") is None


def test_a_vessel_is_chosen_by_its_label_and_another_batch_s_label_is_a_hard_stop() -> None:
    vessel = VesselFacts(1, "P1-01", 1, VesselState.IN_CULTURE)
    own = label_content(LABEL._replace(coi=coi()))
    found, refusals = chosen([own], batch_number="B-0042", coi=coi(), vessels=[vessel])
    assert (found, refusals) == ([vessel], [])
    for foreign in (LABEL._replace(coi=coi(), batch="B-0043"), LABEL._replace(coi="CI-260001-1")):
        found, refusals = chosen([label_content(foreign)], batch_number="B-0042", coi=coi(), vessels=[vessel])
        assert found == []
        assert [r.code for r in refusals] == ["PAS-05"]
