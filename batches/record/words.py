"""How recorded values read: times with zone, volumes, yes and no. One way for screen, paper and file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from batches.models import Lot
from batches.record.blocks import NOTHING, Value, VerdictMark
from batches.rules.limits import Limit, Verdict
from batches.rules.reviewing import Risk
from batches.rules.wording import quantity
from batches.rules.wording import volume as volume_text

NO_BREAK_SPACE = "\u00a0"


def at(moment: datetime | None, zone: ZoneInfo) -> str:
    """`2026-10-21 08:55:12 JST`."""
    if moment is None:
        return NOTHING
    return moment.astimezone(zone).strftime(f"%Y-%m-%d %H:%M:%S{NO_BREAK_SPACE}%Z")


def to_minute(moment: datetime | None, zone: ZoneInfo) -> str:
    """`2026-10-21 08:55 JST`, for times that were typed to the minute."""
    if moment is None:
        return NOTHING
    return moment.astimezone(zone).strftime(f"%Y-%m-%d %H:%M{NO_BREAK_SPACE}%Z")


def from_to(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """`2026-10-20 10:15 to 10:19 JST, 4 min`; both days when they differ."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = last.strftime("%H:%M" if first.date() == last.date() else "%Y-%m-%d %H:%M")
    minutes = (end - start) // timedelta(minutes=1)
    return _("{start} to {end}, {minutes}\u00a0min").format(
        start=first.strftime("%Y-%m-%d %H:%M"),
        end=f"{until}{NO_BREAK_SPACE}{last.strftime('%Z')}",
        minutes=minutes,
    )


def on(day: date | None) -> str:
    """`2026-10-21`."""
    return day.isoformat() if day else NOTHING


def ml(volume: Decimal | None) -> str:
    """A volume in mL as a pipette is read."""
    return volume_text(volume) if volume is not None else NOTHING


def celsius(temperature: Decimal | None) -> str:
    """A temperature in °C."""
    return quantity(temperature, "°C") if temperature is not None else NOTHING


def yes_no(answer: bool | None) -> str:
    """Yes, no, or nothing recorded."""
    if answer is None:
        return NOTHING
    return _("Yes") if answer else _("No")


def lot(of: Lot) -> str:
    """`lot TE-3107, expires 2027-03-31`."""
    return _("lot {code}, expires {date}").format(code=of.code, date=on(of.expires_on))


def lot_used(of: Lot, on_day: date) -> Value:
    """Whether a lot was in date on the day it was used. No act takes one that is not released (LOT-03)."""
    return _("within") if on_day <= of.expires_on else VerdictMark("action", _("Expired"))


def text(words: object) -> str:
    """Any text; nothing becomes a dash, so that a cell is never blank."""
    return str(words) if words not in (None, "") else NOTHING


def listed(items: Sequence[str]) -> str:
    """Items in one cell."""
    return ", ".join(items) if items else NOTHING


def judged(verdict: Verdict, raised: Sequence[str] = ()) -> Value:
    """A verdict as its cell says it; one beyond an action limit with the deviations it raised."""
    match verdict:
        case Verdict.WITHIN:
            return _("within")
        case Verdict.ALERT:
            return VerdictMark("alert", _("Alert"))
        case Verdict.ACTION:
            return VerdictMark("action", ",\n".join((_("Action"), *raised)))
        case _:
            return NOTHING


def limit_words(limit: Limit | None) -> str:
    """A limit as the narrow column says it."""
    return (limit.signs or NOTHING) if limit is not None else NOTHING


def risk_words(risk: str) -> str:
    """Why an entry of the audit trail is looked at by itself."""
    return {
        Risk.IDENTITY: _("Identity mismatch"),
        Risk.SIGNATURE_REFUSED: _("Signature refused"),
        Risk.CORRECTED: _("Correction"),
        Risk.INVALIDATED: _("Result declared invalid"),
        Risk.WEIGHED: _("Weight recorded anew"),
        Risk.SUPERSEDED: _("Signature superseded"),
        Risk.DEVIATION: _("Deviation"),
        Risk.REFUSED: _("Refused"),
        Risk.LATE: _("Late entry"),
    }[Risk(risk)]


def short_digest(digest: str) -> str:
    """The first twelve characters of a digest, in groups that can be read aloud."""
    return " ".join(digest[i : i + 4] for i in (0, 4, 8))
