"""The pages of clauses and of requirements say what the tests and the code say."""

from __future__ import annotations

import pytest

from tests.part11.clauses import CLAUSES, Clause
from tests.part11.page import PROJECT, marked, pages
from tests.part11.requirements import REQUIREMENTS

EVERY = (*CLAUSES, *REQUIREMENTS)


@pytest.mark.clause("A11-4", "11.10(a)", "R34")
def test_the_pages_are_what_the_marks_of_the_tests_say() -> None:
    for file, text in pages().items():
        assert file.read_text(encoding="utf-8") == text, "run `python -m tests.part11`"


@pytest.mark.parametrize("clause", [c for c in EVERY if c.code], ids=lambda c: c.key)
@pytest.mark.clause("R34")
def test_a_clause_that_code_answers_is_shown_by_a_test(clause: Clause) -> None:
    assert marked().get(clause.key), f"no test is marked with {clause.key}"
    assert [path for path in clause.code if not (PROJECT / path).exists()] == []


def test_no_test_names_a_clause_that_is_not_in_the_table() -> None:
    assert set(marked()) <= {clause.key for clause in EVERY}


def test_no_page_says_compliant() -> None:
    assert not [file for file, text in pages().items() if "compliant" in text]
