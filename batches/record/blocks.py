"""The blocks a batch record is made of: the only language its sections speak and its writers read.

Every figure, name and time in a block is already a string, so that screen, paper and file cannot differ. No query, no
clock, no arithmetic and no drawing live here. The fixed column heads of the tables do: all writers show the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from django.utils.translation import gettext as _

from batches.record.charts import ChartSpec

PUNCTUATION = frozenset(",.;:")  # a note's text that begins with one stands right after its lead
NOTHING = "–"  # what a cell says when there is no limit, or nothing to judge

VerdictKind = Literal["within", "alert", "action", "pending", "none"]
NoteKind = Literal["comment", "correction", "refused", "deviation", "late", "info"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A corrected value: the old one struck through and legible. `mark`, as `[1]`, leads to who, when and why."""

    old: str
    new: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class VerdictMark:
    """A verdict that must be seen: alert and action are boxed, with a shape before the word, never told by colour."""

    kind: VerdictKind
    text: str


Value = str | Corrected | VerdictMark


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `share` is its part of the table's width; shares need not add up to anything."""

    title: str
    share: float = 1
    numeric: bool = False
    strong: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels and their values, one pair to a line."""

    kind: ClassVar[str] = "fields"
    rows: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """Something recorded, held against its limit."""

    item: str
    recorded: Value
    limit: str = NOTHING
    verdict: Value = NOTHING


@dataclass(frozen=True, slots=True)
class Items:
    """Recorded values with limit and verdict."""

    kind: ClassVar[str] = "items"
    rows: tuple[Item, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (
            Column(_("Item"), 18),
            Column(_("Recorded"), 42, strong=True),
            Column(_("Limit"), 30),
            Column(_("Verdict"), 10),
        )

    @property
    def cells(self) -> tuple[tuple[Value, ...], ...]:
        return tuple((row.item, row.recorded, row.limit, row.verdict) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Result:
    """A computed figure with the calculation that gave it."""

    figure: str
    calculation: str
    result: Value
    limit: str = NOTHING
    verdict: Value = NOTHING


@dataclass(frozen=True, slots=True)
class Results:
    """Computed figures with calculation, limit and verdict."""

    kind: ClassVar[str] = "results"
    rows: tuple[Result, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (
            Column(_("Figure"), 18),
            Column(_("Calculation"), 22),
            Column(_("Result"), 20, strong=True),
            Column(_("Limit"), 30),
            Column(_("Verdict"), 10),
        )

    @property
    def cells(self) -> tuple[tuple[Value, ...], ...]:
        return tuple((row.figure, row.calculation, row.result, row.limit, row.verdict) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Table:
    """Any other table. Its head is repeated on every page it reaches. `strong_rows` are indexes of rows set in bold."""

    kind: ClassVar[str] = "table"
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    strong_rows: frozenset[int] = frozenset()
    empty: str = ""

    @property
    def cells(self) -> tuple[tuple[Value, ...], ...]:
        return self.rows


@dataclass(frozen=True, slots=True)
class RawCounts:
    """The counting grid as it was filled in: `heads` are the squares and sums, each row begins with its own label.

    `strong` are the indexes into `heads` of sums and totals.
    """

    kind: ClassVar[str] = "raw_counts"
    heads: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    strong: frozenset[int] = frozenset()
    method: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `is_valid` is false when a later change has superseded it; `standing` says so in words."""

    meaning: str
    name: str
    role: str
    signed_at: str
    digest: str
    standing: str
    is_valid: bool = True


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signed what, when, and whether it still holds."""

    kind: ClassVar[str] = "signatures"
    rows: tuple[Signature, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (
            Column(_("Meaning"), 16),
            Column(_("Printed name, role"), 25),
            Column(_("Signed"), 24),
            Column(_("Digest signed"), 17, code=True),
            Column(_("Standing"), 18),
        )

    @property
    def cells(self) -> tuple[tuple[Value, ...], ...]:
        return tuple(
            (row.meaning, f"{row.name}, {row.role}", row.signed_at, row.digest, row.standing) for row in self.rows
        )

    @property
    def strong_rows(self) -> frozenset[int]:
        return frozenset(index for index, row in enumerate(self.rows) if row.is_valid)


@dataclass(frozen=True, slots=True)
class Correction:
    """One corrected value; `mark` is the one beside the value, `who` the printed name with role."""

    mark: str
    what: str
    was: str
    now: str
    reason: str
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections with old value, new value, reason, person and time."""

    kind: ClassVar[str] = "corrections"
    rows: tuple[Correction, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (
            Column("", 5),
            Column(_("What"), 21),
            Column(_("Was, now"), 21),
            Column(_("Reason"), 32),
            Column(_("Who, when"), 21),
        )

    @property
    def cells(self) -> tuple[tuple[Value, ...], ...]:
        return tuple(
            (row.mark, row.what, Corrected(row.was, row.now), row.reason, f"{row.who},\n{row.when}")
            for row in self.rows
        )


@dataclass(frozen=True, slots=True)
class Note:
    """A remark beside what it is about. `lead` is set in bold before the text, as in «Comment on the alert»."""

    kind: ClassVar[str] = "note"
    text: str
    tone: NoteKind = "info"
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its caption."""

    kind: ClassVar[str] = "chart"
    spec: ChartSpec
    title: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture kept with the record, held by its SHA-256. `url` is where the screen finds it."""

    kind: ClassVar[str] = "photo"
    path: Path
    sha256: str
    caption: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """Where each section of the record begins."""

    kind: ClassVar[str] = "contents"


Block = (
    Heading
    | Paragraph
    | Fields
    | Items
    | Results
    | Table
    | RawCounts
    | Signatures
    | Corrections
    | Note
    | Chart
    | Photo
    | Contents
)


@dataclass(frozen=True, slots=True)
class Section:
    """One section. A number with a dot, as `7.1`, belongs under the section `7`."""

    number: str
    title: str
    blocks: tuple[Block, ...] = ()
    lede: str = ""
    anchor: str = ""
    starts_page: bool = False

    @property
    def level(self) -> int:
        return self.number.count(".")

    @property
    def key(self) -> str:
        """What links lead to."""
        return self.anchor or f"section-{self.number.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class Footer:
    """What stands at the foot of every page: `lines` from the top, and `code`, by which the copy is checked.

    `codes` are the indexes of the lines that are read character by character.
    """

    lines: tuple[str, ...]
    code: str
    codes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record: what stands on every page, and the sections in order.

    `identity` are the labelled values of the head, the batch number first. `standing` is the word at the top right, as
    «Issued copy 1» or «Draft». A draft, uncontrolled or rejected record is watermarked; `is_synthetic` says that no
    patient stands behind it. `han` is the form that characters take which Japanese and Chinese write differently.
    """

    title: str
    product: str
    identity: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    footer: Footer
    standing: str = ""
    is_draft: bool = True
    is_uncontrolled: bool = False
    is_rejected: bool = False
    is_synthetic: bool = False
    language: str = "en"
    han: Literal["jp", "sc"] = "jp"
    author: str = ""
    subject: str = ""
