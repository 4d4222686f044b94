"""Raw counts: squares as they were read, or an automated counter's figures with its file."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.models import Count, SquareCount
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.rules.counting import dilution_factor
from batches.rules.wording import cells, number, power_of_ten


def raw_counts(facts: Facts, count: Count) -> Iterator[blocks.Block]:
    """The count as it was typed, with sums."""
    yield blocks.Heading(_("Raw counts"))
    if count.method == Count.Method.HEMOCYTOMETER:
        yield _grid(facts, count)
    else:
        yield _counter(facts, count)
    for file in count.attachments.all():
        yield blocks.Note(f"{file.name}, SHA-256 {file.sha256}", lead=_("File of the counter."))


def _dilution(count: Count) -> str:
    factor = dilution_factor(count.sample_ml, count.diluent_ml, count.predilution)
    return number(factor.normalize()) if factor is not None else blocks.NOTHING


def _grid(facts: Facts, count: Count) -> blocks.RawCounts:
    squares = list(count.squares.all())
    chambers = list(dict.fromkeys(s.chamber for s in squares))
    heads: list[str] = []
    strong: set[int] = set()
    live: list[blocks.Value] = [_("Live")]
    dead: list[blocks.Value] = [_("Dead")]

    def add(head: str, live_value: blocks.Value, dead_value: blocks.Value, *, is_sum: bool) -> None:
        if is_sum:
            strong.add(len(heads))
        heads.append(head)
        live.append(live_value)
        dead.append(dead_value)

    for chamber in chambers:
        own = [s for s in squares if s.chamber == chamber]
        for s in own:
            add(f"{s.chamber}{s.square}", _cell(facts, s, "live"), _cell(facts, s, "dead"), is_sum=False)
        add(_("Sum {chamber}").format(chamber=chamber), _sum(own, "live"), _sum(own, "dead"), is_sum=True)
    add(_("Total"), _sum(squares, "live"), _sum(squares, "dead"), is_sum=True)
    return blocks.RawCounts(
        heads=tuple(heads),
        rows=(tuple(live), tuple(dead)),
        strong=frozenset(strong),
        method=_(
            "Hemocytometer, squares of {volume} mL. {sample} sample + {dye} dye, dilution factor {factor}."
        ).format(
            volume=_square_volume(count),
            sample=words.ml(count.sample_ml),
            dye=words.ml(count.diluent_ml),
            factor=_dilution(count),
        ),
    )


def _square_volume(count: Count) -> str:
    """`10⁻⁴` for the usual chamber, digits for another."""
    volume = count.square_volume_ml
    if volume is None:
        return blocks.NOTHING
    exponent = volume.adjusted()
    return power_of_ten(exponent) if volume.scaleb(-exponent) == 1 else str(volume.normalize())


def _cell(facts: Facts, square: SquareCount, field: str) -> blocks.Value:
    return facts.corrected(square, field, str(getattr(square, field)))


def _sum(squares: list[SquareCount], field: str) -> str:
    return str(sum(getattr(s, field) for s in squares))


def _counter(facts: Facts, count: Count) -> blocks.Items:
    def shown(field: str, text: str) -> blocks.Value:
        return facts.corrected(count, field, text)

    return blocks.Items(
        (
            blocks.Item(_("Counter"), count.counter.code if count.counter else blocks.NOTHING),
            blocks.Item(_("Live cells per mL"), shown("live_per_ml", cells(count.live_per_ml or 0, 4))),
            blocks.Item(_("Dead cells per mL"), shown("dead_per_ml", cells(count.dead_per_ml or 0, 4))),
            blocks.Item(_("Live cells counted"), shown("live_counted", words.text(count.live_counted))),
            blocks.Item(_("Dead cells counted"), shown("dead_counted", words.text(count.dead_counted))),
            blocks.Item(_("Dilution factor"), _dilution(count)),
        )
    )
