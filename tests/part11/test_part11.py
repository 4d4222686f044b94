"""The page of clauses says what the tests and the code say."""

from __future__ import annotations

import pytest

from tests.part11.clauses import CLAUSES, Clause
from tests.part11.page import PAGE, PROJECT, marked, page


@pytest.mark.clause("A11-4", "11.10(a)")
def test_the_page_is_what_the_marks_of_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.part11`"


@pytest.mark.parametrize("clause", [c for c in CLAUSES if c.code], ids=lambda c: c.key)
def test_a_clause_that_code_answers_is_shown_by_a_test(clause: Clause) -> None:
    assert marked().get(clause.key), f"no test is marked with {clause.key}"
    assert [path for path in clause.code if not (PROJECT / path).exists()] == []


def test_no_test_names_a_clause_that_is_not_in_the_table() -> None:
    assert set(marked()) <= {clause.key for clause in CLAUSES}


def test_the_page_never_says_compliant() -> None:
    assert "compliant" not in page()
