"""A made-up batch record with every kind of block, in the words a real one uses. No database."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

from PIL import Image

from batches.record import blocks, charts
from batches.record.blocks import Block, Corrected, Item, Record, Result, Section, Signature, VerdictMark

NB = "\u00a0"

GROWTH = charts.Growth(
    description="Viable cells by day. Solid dots are cell harvests with their 95\u00a0% interval, open dots "
    "what was reseeded.",
    points=(
        charts.GrowthPoint(
            Decimal("9.8"), Decimal(2050000), "cell_harvest", "P0 2.05×10⁶", Decimal(1740000), Decimal(2410000)
        ),
        charts.GrowthPoint(Decimal("9.81"), Decimal(1742500), "reseeded"),
        charts.GrowthPoint(
            Decimal("14.8"), Decimal(12110000), "cell_harvest", "P1 1.21×10⁷", Decimal(10500000), Decimal(13900000)
        ),
        charts.GrowthPoint(Decimal("14.83"), Decimal(11950000), "reseeded"),
        charts.GrowthPoint(
            Decimal("21.8"), Decimal(133000000), "cell_harvest", "P2 1.33×10⁸", Decimal(117000000), Decimal(152000000)
        ),
    ),
    target_cells=Decimal(100000000),
    target_label="Target dose 1.0×10⁸",
    axis_label="days since P0 seeding, 2026-10-05 15:10 JST",
    p0_until_day=Decimal("9.8"),
    p0_label="P0: growth not\nmeasurable",
)

DOSE = charts.Dose(
    description="Viable cells on a logarithmic scale: P1 1.21×10⁷, target 1.0×10⁸, needed at harvest 1.15×10⁸.",
    last=charts.DosePoint(
        Decimal(12110000), "P1, 20\u00a0Oct: 1.21×10⁷", Decimal(10500000), Decimal(13900000), "95\u00a0%: 1.05–1.39×10⁷"
    ),
    earlier=(charts.DosePoint(Decimal(2050000), "P0, 15\u00a0Oct: 2.05×10⁶"),),
    target_cells=Decimal(100000000),
    target_label="Target dose 1.0×10⁸",
    needed_cells=Decimal(115000000),
    needed_label="1.15×10⁸ at harvest",
    axis_label="viable cells; equal steps are equal doublings",
)


def passage_blocks() -> tuple[Block, ...]:
    """The page of passage P1, an alert and a correction on it."""
    return (
        blocks.Heading("Detachment"),
        blocks.Items(
            (
                Item("Vessels, all scanned", "2 × T175 (350\u00a0cm²): P1-01, P1-02", "all of 2", "within"),
                Item("Confluence", "85\u00a0%", "alert < 70 or > 90\u00a0%; action > 95\u00a0%", "within"),
                Item("Detachment reagent", "lot TE-3107, expires 2027-03-31", "released, in date", "within"),
                Item(
                    "Exposure at 37\u00a0°C",
                    "10:15 to 10:19, 4\u00a0min",
                    "alert > 5\u00a0min; action > 10\u00a0min",
                    "within",
                ),
                Item("Suspension volume", "15.0\u00a0mL"),
            )
        ),
        blocks.Heading("Raw counts"),
        blocks.RawCounts(
            method="Hemocytometer HC-04, squares of 10⁻⁴\u00a0mL. 0.10\u00a0mL sample + 0.10\u00a0mL trypan blue, "
            "dilution factor 2. 0.20\u00a0mL drawn, not returned.",
            heads=("A1", "A2", "A3", "A4", "Sum A", "B1", "B2", "B3", "B4", "Sum B", "Total"),
            rows=(
                ("Live", "41", "39", "44", "40", "164", "37", "43", "36", "43", "159", "323"),
                ("Dead", "5", "4", "6", "4", "19", "4", "6", "5", "4", "19", "38"),
            ),
            strong=frozenset({4, 9, 10}),
        ),
        blocks.Heading("Results (95\u00a0% intervals in brackets)"),
        blocks.Results(
            (
                Result(
                    "Viability",
                    "323 / 361",
                    "89.5\u00a0% (85.9 to 92.2)",
                    "alert < 90\u00a0%; action < 80\u00a0%",
                    VerdictMark("alert", "ALERT"),
                ),
                Result(
                    "Viable cells per mL", "323 / 8 × 2 × 10⁴", "8.08 × 10⁵", "at least 100 cells counted", "within"
                ),
                Result("Total viable cells", "8.075 × 10⁵ × 15.0\u00a0mL", "1.21 × 10⁷ (1.05 to 1.39)"),
                Result("Chambers differ by", "|164 − 159| / 161.5", "3.1\u00a0%", "repeat > 25.8\u00a0%", "within"),
                Result(
                    "Population doublings",
                    "log₂(1.21 × 10⁷ / 1.74 × 10⁶)",
                    "2.80 (± 0.16)",
                    "alert < 1.5; action < 1",
                    "within",
                ),
                Result("Cumulative PDL", "0 + 2.80", "2.80", "alert > 8; action > 12", "within"),
                Result(
                    "Doubling time",
                    "119.6\u00a0h / 2.80",
                    "42.8\u00a0h",
                    "alert > 96\u00a0h; action > 168\u00a0h",
                    "within",
                ),
            )
        ),
        blocks.Note(
            ", Aoki Ren, 2026-10-20 11:22 JST: Some debris after a long wash. Morphology normal, exposure within time. "
            "Reviewed by Hayashi Sora (QA), 2026-10-28 08:21 JST: accepted, no effect on later passages.",
            "comment",
            lead="Comment on the alert",
        ),
        blocks.Heading("Reseeding into P2"),
        blocks.Items(
            (
                Item("Vessel", "1 × 5-layer stack, lot CS5-2291, P2-01", "released, in date", "within"),
                Item("Medium", "lot MX-5602, expires 2026-11-30, 650\u00a0mL", "released, in date", "within"),
                Item("Suspension seeded", "14.8\u00a0mL, 1.20 × 10⁷ viable cells", "at most 14.8\u00a0mL", "within"),
                Item(
                    "Seeding density",
                    "1.195 × 10⁷ / 3,180\u00a0cm² = 3,758 per cm²",
                    "alert < 2,000 or > 8,000",
                    "within",
                ),
                Item("Seeded at", "11:05, 46\u00a0min after detachment", "at most 60\u00a0min", "within"),
                Item(
                    "Incubator and shelf",
                    Corrected("INC-03 shelf 4", "INC-03 shelf 3", "[1]"),
                    "assigned to B-0042",
                    "within",
                ),
            )
        ),
        blocks.Note(
            "2026-10-21 08:52:40 JST by Aoki Ren, technician, entry 103. Was: INC-03 shelf 4. Now: INC-03 shelf 3. "
            "Reason: shelf label misread at loading; stack found on shelf 3 at the first observation.",
            "correction",
            lead="[1] Corrected",
        ),
        blocks.Note(
            "10:44 medium lot MX-5518, expired 2026-10-19 (LOT-02), not used; 11:20 one wrong password for tanabe.m.",
            "refused",
            lead="Refused during this step:",
        ),
        blocks.Heading("Signatures"),
        blocks.Signatures(
            (
                Signature(
                    "Performed",
                    "Aoki Ren",
                    "technician",
                    "2026-10-20 11:22:07 JST",
                    "41c7 9a02 e6d3",
                    "superseded by [1]",
                    False,
                ),
                Signature(
                    "Witnessed",
                    "Tanabe Mio",
                    "technician",
                    "2026-10-20 11:22:07 JST",
                    "41c7 9a02 e6d3",
                    "superseded by [1]",
                    False,
                ),
                Signature("Performed", "Aoki Ren", "technician", "2026-10-21 08:55:12 JST", "b80f 13d5 7c4e", "valid"),
                Signature(
                    "Witnessed", "Tanabe Mio", "technician", "2026-10-21 08:55:12 JST", "b80f 13d5 7c4e", "valid"
                ),
            )
        ),
    )


def audit_trail(entries: int) -> blocks.Table:
    """A long table, with a reason in every seventh row that takes several lines."""
    rows = tuple(
        (
            str(number),
            f"2026-10-{1 + number % 28:02d} {8 + number % 10:02d}:{number % 60:02d}:07 JST",
            "passage:log" if number % 3 else "observation:record",
            "Aoki Ren, technician",
            "Shelf label misread at loading; the stack was found on shelf 3 at the first observation."
            if number % 7 == 0
            else "–",
            hashlib.sha256(str(number).encode()).hexdigest()[:12],
        )
        for number in range(1, entries + 1)
    )
    return blocks.Table(
        columns=(
            blocks.Column("Entry", 8, numeric=True),
            blocks.Column("When", 24),
            blocks.Column("Act", 18),
            blocks.Column("Who", 20),
            blocks.Column("Reason", 28),
            blocks.Column("Seal", 14, code=True),
        ),
        rows=rows,
    )


def photo(folder: Path) -> blocks.Photo:
    """A picture of cells that was never taken."""
    path = folder / "p1.jpg"
    picture = Image.new("RGB", (1600, 1200), (205, 212, 214))
    for spot in range(120):
        x, y = (spot * 613) % 1560, (spot * 397) % 1170
        picture.paste((130, 142, 146), (x, y, x + 34, y + 11))
    picture.save(path, "JPEG")
    return blocks.Photo(path, hashlib.sha256(path.read_bytes()).hexdigest(), "P1 on day 4, 2026-10-19 16:05 JST")


def record(*, entries: int = 90, passages: int = 1, extra: tuple[Block, ...] = (), is_draft: bool = False) -> Record:
    """The sample record; `entries` and `passages` make it longer."""
    cover = Section(
        "1",
        "Cover",
        (
            blocks.Fields(
                (
                    (
                        "Product",
                        "Autologous adipose-derived mesenchymal stem cells, suspension for intravenous infusion",
                    ),
                    ("Batch", "B-0042"),
                    ("Chain of identity", "CI-260042-K"),
                    ("Issued", "2026-10-05 09:12:00 JST by Hayashi Sora, QA"),
                    ("Body weight", Corrected("26\u00a0kg", "62\u00a0kg", "[2]")),
                )
            ),
            blocks.Heading("Contents"),
            blocks.Contents(),
        ),
        lede="Everything recorded for this batch, from the harvest of 1\u00a0mL of fat to the follow-up.",
    )
    growth = Section(
        "6",
        "Growth and dose",
        (blocks.Chart(GROWTH, "Growth"), blocks.Chart(DOSE, "How far toward the dose"), *extra),
    )
    steps = [
        Section(
            f"7.{number}",
            f"Passage P{number}: cell harvest and reseeding into P{number + 1}",
            passage_blocks(),
            lede="Step 14 of 31, critical. Done 2026-10-20, 10:15 to 11:05 JST. Recorded 2026-10-20 11:22:07 JST, "
            "entry 96. BSC-2, line clearance of 09:34 (section 4.6).",
            starts_page=True,
        )
        for number in range(1, passages + 1)
    ]
    results = Section(
        "8",
        "Samples and results",
        (
            blocks.Table(
                columns=(
                    blocks.Column("No.", 6),
                    blocks.Column("Test", 28),
                    blocks.Column("Limit", 28),
                    blocks.Column("Result", 28, strong=True),
                    blocks.Column("Verdict", 10),
                ),
                rows=(
                    ("1", "Sterility", "no growth", "no growth after 14 days", "within"),
                    ("2", "Mycoplasma", "not detected", "–", VerdictMark("pending", "pending")),
                    ("3", "Endotoxin", "at most 3.10\u00a0EU/mL", "3.42\u00a0EU/mL", VerdictMark("action", "ACTION")),
                ),
            ),
            blocks.Table(columns=(blocks.Column("Deviation"),), rows=(), empty="No deviation was raised."),
        ),
    )
    corrections = Section(
        "12",
        "Corrections",
        (
            blocks.Corrections(
                (
                    blocks.Correction(
                        "[1]",
                        "P2-01, incubator and shelf",
                        "INC-03 shelf 4",
                        "INC-03 shelf 3",
                        "Shelf label misread at loading.",
                        "Aoki Ren, technician",
                        "2026-10-21 08:52:40 JST",
                    ),
                    blocks.Correction(
                        "[2]",
                        "Patient, body weight",
                        "26\u00a0kg",
                        "62\u00a0kg",
                        "Digits swapped on entry.",
                        "Mori Kei, clinician",
                        "2026-10-02 10:11:12 JST",
                    ),
                )
            ),
        ),
    )
    trail = Section("13", "Audit trail", (blocks.Paragraph("Every entry of the stream B-0042."), audit_trail(entries)))
    return Record(
        title="Batch record",
        product="Autologous adipose-derived mesenchymal stem cells, suspension for intravenous infusion",
        identity=(
            ("Batch", "B-0042"),
            ("Chain of identity", "CI-260042-K"),
            ("Patient code", "P-017"),
            ("Master batch record", "MBR-07 version 3"),
            ("Disposition", "Released, final"),
        ),
        sections=(
            cover,
            growth,
            Section("7", "Passages", lede="Each passage on its own page."),
            *steps,
            results,
            corrections,
            trail,
        ),
        footer=blocks.Footer(
            lines=(
                "Batch B-0042, issued copy 1, 2026-11-26 09:14 JST, by Hayashi Sora (QA). Reason: first issue after "
                "final release.",
                "Stream B-0042: entries 1 to 268, head 5d0e 77a1 92bc 08f4. Checkpoint 1241, 2026-11-26 06:00 JST:",
                "9b1e4f0a7c52d86e 31f07b44a95ec2d0 6c8810e3fd7925b7 04ae53c91fb862da",
                "Verify with code 7QK4-M2ZT or by scanning. Software 1.0.0, build 3f9c2ab.",
            ),
            code="7QK4-M2ZT",
            codes=frozenset({2}),
        ),
        standing="Draft" if is_draft else "Issued copy 1",
        is_draft=is_draft,
        is_synthetic=True,
        author="Demonstration laboratory",
    )
