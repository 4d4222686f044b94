"""Verdicts and how limits are told."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.limits import Limit, Verdict

VIABILITY = Limit("viability", "Viability", "%", Decimal(90), None, Decimal(90), None, Decimal(80), None, decimals=1)
CONFLUENCE = Limit(
    "confluence",
    "Confluence",
    "%",
    alert_below=Decimal(70),
    alert_above=Decimal(90),
    action_above=Decimal(95),
)


@pytest.mark.parametrize(
    ("value", "verdict", "words"),
    [
        ("90", Verdict.WITHIN, "Within limits"),
        ("89.95", Verdict.WITHIN, "Within limits"),  # shown, and so judged, as 90.0
        ("89.94", Verdict.ALERT, "Below alert limit"),
        ("80", Verdict.ALERT, "Below alert limit"),
        ("79.9", Verdict.ACTION, "Below action limit"),
    ],
)
def test_a_value_on_a_limit_is_still_within_it(value, verdict, words):
    assert VIABILITY.verdict(Decimal(value)) is verdict
    assert VIABILITY.words(Decimal(value)) == words


def test_both_sides_are_judged():
    verdicts = [CONFLUENCE.verdict(value) for value in (69, 70, 90, 91, 95, 96)]
    assert verdicts == ["alert", "within", "within", "alert", "alert", "action"]


def test_what_has_no_limit_or_no_value_is_not_judged():
    assert Limit("x", "X").verdict(5) is Verdict.NOT_JUDGED
    assert VIABILITY.verdict(None) is Verdict.NOT_JUDGED
    assert VIABILITY.words(None) == ""


def test_limits_are_told_with_their_kind():
    assert VIABILITY.text == "alert below 90\u00a0%, action below 80\u00a0%"
    assert VIABILITY.signs == "alert < 90\u00a0%; action < 80\u00a0%"
    assert CONFLUENCE.text == "alert below 70 or above 90\u00a0%, action above 95\u00a0%"
    assert VIABILITY.target_text == "target at least 90\u00a0%"
    assert Limit("x", "X").text == Limit("x", "X").target_text == ""
    assert Limit("d", "D", "/cm²", Decimal(3000), Decimal(5000)).target_text == "target 3,000–5,000\u00a0/cm²"
    assert Limit("d", "D", "min", Decimal(30), Decimal(30)).target_text == "target 30\u00a0min"
    assert Limit("d", "D", "h", None, Decimal(12)).target_text == "target at most 12\u00a0h"


def test_edges_that_contradict_each_other_are_named():
    upside_down = Limit("v", "V", alert_below=Decimal(80), action_below=Decimal(90))
    assert upside_down.problems() == ["action_below (90) is above alert_below (80)"]
    assert VIABILITY.problems() == []


RANK = {Verdict.WITHIN: 0, Verdict.ALERT: 1, Verdict.ACTION: 2}


@given(
    st.lists(st.decimals(0, 100, places=2), min_size=2, max_size=2),
    st.lists(st.decimals(0, 120, places=3), min_size=2, max_size=2),
    st.sampled_from([None, 0, 1]),
)
def test_a_worse_value_never_has_a_better_verdict(edges, values, decimals):
    action, alert = sorted(edges)
    worse, better = sorted(values)
    floor = Limit("x", "X", alert_below=alert, action_below=action, decimals=decimals)
    assert RANK[floor.verdict(worse)] >= RANK[floor.verdict(better)]
    ceiling = Limit("x", "X", alert_above=action, action_above=alert, decimals=decimals)
    assert RANK[ceiling.verdict(better)] >= RANK[ceiling.verdict(worse)]
