"""What certificates and shipping papers say: the product, its results, its release, how it travels.

The results and the decision themselves are those of the batch record (samples.py, disposition.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from batches.models import InfusionEvent
from batches.queries.specification import SpecificationLine
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.disposition import decision
from batches.record.sections.samples import specification
from batches.rules.specification import Outcome
from batches.rules.states import DispositionState, Stage
from batches.rules.wording import cells

BLANK = "." * 28  # where something is written by hand


def product(facts: Facts, number: str) -> blocks.Section:
    """Whose product it is and what is in the container; its disposition stands at the head of every page."""
    batch, process, fill = facts.batch, facts.process, facts.fill
    count = facts.fill_count
    rows: list[tuple[str, blocks.Value]] = [
        (_("Laboratory"), words.text(facts.site_name)),
        (_("Product"), process.product.name),
        (_("Batch"), batch.number),
        (_("Chain of identity"), batch.coi),
        (_("Patient code"), batch.patient.code),
        (_("Use"), _("For autologous use only")),
        (
            _("Master batch record"),
            _("{code} version {version}, {title}").format(
                code=batch.mbr.code, version=batch.mbr.version, title=batch.mbr.title
            ),
        ),
    ]
    if fill is None:
        rows.append((_("Filled"), _("not filled yet")))
    else:
        rows += [
            (_("Filled"), facts.corrected(fill, "done_at", words.to_minute(fill.done_at, facts.zone))),
            (_("Container"), facts.corrected(fill, "container_code", fill.container_code)),
            (_("Filled volume"), facts.corrected(fill, "volume_ml", words.ml(fill.volume_ml))),
            (_("Viable cells"), cells(count.total_viable) if count and count.total_viable else blocks.NOTHING),
            (_("Expires"), facts.corrected(fill, "expires_at", words.to_minute(fill.expires_at, facts.zone))),
        ]
    return blocks.Section(number, _("Product"), (blocks.Fields(tuple(rows)),), anchor="product")


def analysis(facts: Facts, number: str) -> blocks.Section:
    """The specification with every result, and in words what is not good or not known."""
    body = (*_summary(facts.specification), *specification(facts))
    return blocks.Section(number, _("Results"), body, anchor="results")


def release(facts: Facts, number: str) -> blocks.Section:
    """The decision the product stands under; a conditional one says so and what is still pending."""
    if not facts.dispositions:
        return blocks.Section(number, _("Release"), (blocks.Paragraph(_("Nothing is decided yet.")),), anchor="release")
    newest = facts.dispositions[-1]
    said = []
    if newest.decision == DispositionState.RELEASED_CONDITIONALLY:
        names = _names([line for line in facts.specification if line.is_pending]) or _("none")
        still = _("Results still pending: {tests}.").format(tests=names)
        said.append(blocks.Note(still, "deviation", lead=_("This is a conditional release.")))
    return blocks.Section(number, _("Release"), (*said, *decision(facts, newest)), anchor="release")


def shipping(facts: Facts, number: str) -> blocks.Section:
    """How the container travels, and the lines that are signed by hand on the way."""
    process, fill = facts.process, facts.fill
    limit = process.limits["formulation_to_infusion_h"]
    fields = blocks.Fields(
        (
            *((_("Standing"), blocks.VerdictMark("action", why)) for why in _not_to_be_shipped(facts)),
            (_("From"), words.text(facts.site_name)),
            (_("Code on the container"), facts.batch.coi),
            (_("Keep at"), process.product.storage),
            (_("Stored at the fill"), words.celsius(fill.storage_temp_c) if fill else blocks.NOTHING),
            (_("Time from formulation to infusion"), words.text(limit.text)),
            (_("Infuse before"), words.to_minute(fill.expires_at, facts.zone) if fill else blocks.NOTHING),
            (_("Route"), process.product.route),
            (_("Handling"), words.listed(process.product.statements)),
        )
    )
    handed = blocks.Table(
        (
            blocks.Column(_("Step"), 24),
            blocks.Column(_("Name"), 26),
            blocks.Column(_("Date, time"), 24),
            blocks.Column(_("Temperature, seal, condition"), 26),
            blocks.Column(_("Signature"), 26),
        ),
        tuple(
            (step, *4 * (f"\n{BLANK}",))
            for step in (_("Handed over by the laboratory"), _("Taken by the carrier"), _("Received by the clinic"))
        ),
    )
    body = (fields, blocks.Heading(_("Handed over, signed by hand")), handed)
    return blocks.Section(number, _("Shipping"), body, anchor="shipping")


def _not_to_be_shipped(facts: Facts) -> Iterator[str]:
    """Why a product that was released is not to travel any more; its papers are then a copy for the archive."""
    fill, infusion = facts.fill, facts.infusion
    started = [e for e in infusion.events.all() if e.kind == InfusionEvent.Kind.START] if infusion else []
    if started:
        yield _("Infused {when}; not to be shipped.").format(when=words.to_minute(started[0].done_at, facts.zone))
    if facts.is_expired and fill is not None:
        yield _("Expired {when}; not to be shipped.").format(when=words.to_minute(fill.expires_at, facts.zone))
    if facts.batch.stage == Stage.ENDED:
        yield _("The batch has ended; not to be shipped.")


def _summary(lines: Sequence[SpecificationLine]) -> Iterator[blocks.Block]:
    failed = [line for line in lines if line.outcome in (Outcome.FAIL, Outcome.NOT_CONCLUSIVE)]
    missing = [line for line in lines if line.outcome is None and not line.is_pending and line.is_required]
    pending = [line for line in lines if line.is_pending]
    for found, lead in (
        (failed, _("Does not meet the specification:")),
        (missing, _("No result:")),
        (pending, _("Pending, not judged yet:")),
    ):
        if found:
            yield blocks.Note(f"{_names(found)}.", "deviation", lead=lead)
    if not (failed or missing or pending):
        yield blocks.Paragraph(_("Every result asked for is final and meets the specification."))


def _names(lines: Sequence[SpecificationLine]) -> str:
    # A name may have a comma in it.
    return "; ".join(str(line.row.name) for line in lines)
