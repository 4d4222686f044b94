"""docs/part11.md and docs/requirements.md, made from the tables of clauses and requirements and from the tests' own
marks, which are read from their source.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.part11.clauses import ANNEX_11, PART_11, Clause
from tests.part11.requirements import REQUIREMENTS

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"

HEAD = """# 21 CFR Part 11 and EU Annex 11

Made by `python -m tests.part11` from the marks of the tests; a test fails when this page is not what they say.

This program is designed to support these rules. A laboratory's own validation, procedures and people make an
installation meet them; no software does. Clauses are told in our own words: read them in the regulations. Annex 11 is
the version of 2011.
"""


REQUIREMENTS_HEAD = """# Requirements and the tests that show them

Made by `python -m tests.part11` from the marks of the tests; a test fails when this page is not what they say.

What a computerised system for batch records is expected to do, each beside its code, its tests and what stays the
laboratory's or is not there yet. It is a beginning for a laboratory's own traceability matrix, not a validation.
"""


def marked() -> Mapping[str, Sequence[tuple[str, str]]]:
    """(file, name of the test) by clause, from every `@pytest.mark.clause(…)` in the tests."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for clause in _clauses_of(node):
                    found[clause].append((path.relative_to(PROJECT).as_posix(), node.name))
    return found


def _clauses_of(test: ast.FunctionDef) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.clause":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def pages() -> Mapping[Path, str]:
    """Both pages as Markdown, by their files."""
    tests = marked()

    def told(clauses: Sequence[Clause], left: str) -> list[str]:
        return [_told(clause, tests.get(clause.key, ()), left) for clause in clauses]

    rules = [HEAD]
    for title, clauses in (("21 CFR Part 11", PART_11), ("EU Annex 11", ANNEX_11)):
        rules += [f"## {title}\n", *told(clauses, "The laboratory's")]
    return {
        DOCS / "part11.md": "\n".join(rules),
        DOCS / "requirements.md": "\n".join(
            [REQUIREMENTS_HEAD, *told(REQUIREMENTS, "Left to the laboratory, or not there")]
        ),
    }


def _told(clause: Clause, tests: Sequence[tuple[str, str]], left: str) -> str:
    lines = [f"### {clause.key}\n", clause.asks]
    if clause.code:
        lines.append("\nCode: " + ", ".join(f"[{path}](../{path})" for path in clause.code))
    if tests:
        lines.append("\nTests:\n")
        lines += [f"- [{name.removeprefix('test_').replace('_', ' ')}](../{path})" for path, name in tests]
    if clause.duty:
        lines.append(f"\n{left}: {clause.duty}")
    return "\n".join(lines) + "\n"
