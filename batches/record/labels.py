"""What stands on a label: whose it is, what it is on, what must be said of it.

Here: the lines of each kind of label. Not here: the layout (lims/pdf/labels.py) and which statements (rules/labels.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from batches.models import Batch, Fill
from batches.queries.counts import count_result
from batches.queries.specification import matrix
from batches.record.words import to_minute
from batches.rules.identity import LabelCode, label_content
from batches.rules.labels import AUTOLOGOUS, BIOHAZARD, PRODUCT, SIZES_MM, LabelKind, copy_code
from batches.rules.process_parts import Product
from batches.rules.states import DispositionState
from batches.rules.wording import cells, percent, volume
from lims.pdf.archive import Properties
from lims.pdf.han import form_for, prefer
from lims.pdf.labels import Label, write
from lims.site import is_demonstration, site, zone

Text = tuple[str, str, float]

# Dots of a 203 dpi printer to a module: 0.375 mm on a tube, 0.5 mm where there is room.
_MODULE_DOTS = {LabelKind.TUBE: 3, LabelKind.VESSEL: 4, LabelKind.FILL: 4, LabelKind.BAG: 4}
TEST = "TEST"


@dataclass(frozen=True)
class Copy:
    """One copy of one label to be printed."""

    kind: LabelKind
    container: str
    about: str
    serial: str
    number: int


def label_file(batch: Batch, copies: Sequence[Copy], statements: Sequence[str]) -> bytes:
    """The labels, a page each. Raises LabelTooFull or MissingGlyph."""
    here = site()
    properties = Properties(_("Labels of {batch}").format(batch=batch.number), here.name if here else "", "", "en")
    with prefer(form_for("en", zone().key)):
        return write([_label(batch, copy, statements) for copy in copies], properties)


def test_file(kind: LabelKind) -> bytes:
    """A label to try the printer with. It names nobody, and its symbol holds nothing but «TEST»."""
    width, height = SIZES_MM[kind]
    lines: list[Text] = [(TEST, "bold", 14), (_("Not a label. Destroy it after the test."), "regular", 6)]
    return write([Label(width, height, TEST, _MODULE_DOTS[kind], lines)], Properties(TEST, "", "", "en"))


def _label(batch: Batch, copy: Copy, statements: Sequence[str]) -> Label:
    width, height = SIZES_MM[copy.kind]
    code = label_content(LabelCode(batch.coi, batch.number, copy.container, copy_code(copy.serial, copy.number)))
    lines = _LINES[copy.kind](batch, copy)
    size = 6.0 if copy.kind in PRODUCT else 5.0
    said = [(". ".join(statements), "bold", size)]
    if is_demonstration():
        said.append((_("Synthetic data"), "regular", 5.0))
    return Label(width, height, code, _MODULE_DOTS[copy.kind], [*lines, *said], is_biohazard=BIOHAZARD in statements)


def _serial(copy: Copy) -> str:
    return (
        copy.serial if copy.number == 1 else _("{serial} copy {number}").format(serial=copy.serial, number=copy.number)
    )


def _tube(batch: Batch, copy: Copy) -> Iterator[Text]:
    yield batch.coi, "bold", 8
    yield f"{copy.container}  {batch.patient.code}", "bold", 6.5
    yield f"{copy.about}. {_serial(copy)}", "regular", 5


def _vessel(batch: Batch, copy: Copy) -> Iterator[Text]:
    yield batch.coi, "bold", 9
    yield f"{batch.number}  {copy.container}", "bold", 9
    yield f"{copy.about}. {batch.patient.code}. {_serial(copy)}", "regular", 6


def _for_fill(batch: Batch, copy: Copy) -> Iterator[Text]:
    product = batch.mbr.process.product
    yield from _whose(batch, product)
    yield _("To be filled. Cells, volume and expiry: on the label of the product."), "regular", 6.5
    yield from _handled(product, copy)


def _bag(batch: Batch, copy: Copy) -> Iterator[Text]:
    fill = Fill.objects.select_related("count").get(batch=batch)
    process = batch.mbr.process
    yield from _whose(batch, process.product)
    counted = count_result(fill.count, process=process)
    if counted is not None and counted.total_viable is not None and counted.viable_per_ml is not None:
        told = _("{cells} viable cells in {volume}, {density} per mL, viability {viability}")
        yield (
            told.format(
                cells=cells(counted.total_viable),
                volume=volume(fill.volume_ml),
                density=cells(counted.viable_per_ml),
                viability=percent(counted.viability_pct) if counted.viability_pct is not None else "–",
            ),
            "regular",
            6,
        )
    expiry = _("Filled {filled}. Expires {expires}").format(
        filled=to_minute(fill.done_at, zone()), expires=to_minute(fill.expires_at, zone())
    )
    yield expiry, "bold", 6.5
    pending = [line.row.name for line in matrix(batch) if line.is_pending]
    if batch.disposition == DispositionState.RELEASED_CONDITIONALLY and pending:
        said = _("Released conditionally. Results pending: {tests}").format(tests="; ".join(pending))
        yield said, "bold", 6
    yield from _handled(process.product, copy)


def _whose(batch: Batch, product: Product) -> Iterator[Text]:
    """What it is, of which batch, for whom: two identifiers of the patient besides the code."""
    patient = batch.patient
    yield product.name, "bold", 7.5
    yield f"{batch.coi}  {batch.number}", "bold", 9
    yield f"{patient.name}, {patient.birth_date.isoformat()}, {patient.code}", "bold", 7.5


def _handled(product: Product, copy: Copy) -> Iterator[Text]:
    """How it is kept and given, what must not be done to it, and who made it."""
    here = site()
    yield f"{product.vehicle}. {product.storage}. {product.route}. {copy.container}. {_serial(copy)}", "regular", 6
    # The first of the statements that follow says it already, in the words the regulation asks for.
    yield ". ".join(s for s in product.statements if s.upper() != AUTOLOGOUS), "regular", 6
    if product.investigational:
        yield product.investigational, "bold", 6
    if here is not None:
        yield here.name, "regular", 6


_LINES = {LabelKind.TUBE: _tube, LabelKind.VESSEL: _vessel, LabelKind.FILL: _for_fill, LabelKind.BAG: _bag}
