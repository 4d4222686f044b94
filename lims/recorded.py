"""Recorded models: kept with history (django-simple-history) and written only inside an act.

This is the one place that guards writing: a recorded row can't be saved, bulk-written, updated or deleted outside an
act, and every version of it is stamped with the act that wrote it. Sealing is in ledger/append.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, NoReturn, TypeVar, cast

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoricalQuerySet
from simple_history.models import HistoricalRecords

from lims import acts
from lims.writing import insert, is_counted, update

R = TypeVar("R", bound="Recorded")

# What a double holds whatever the number (IEEE 754), which is how SQLite keeps decimals.
EXACT_DIGITS = 15


def _refuse(what: str) -> NoReturn:
    raise acts.Unsealed(f"{what} would leave no history. Change recorded rows one by one inside an act.")


class RecordedQuerySet(models.QuerySet):
    """A queryset that reads. Writing many rows at once goes through `Act.add_all`."""

    def update(self, **kwargs: Any) -> int:
        _refuse("update()")

    def delete(self) -> tuple[int, dict[str, int]]:
        _refuse("delete()")

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        _refuse("bulk_create()")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        _refuse("bulk_update()")


class VersionQuerySet(HistoricalQuerySet):
    """Versions are read, never changed; they are inserted when their act is sealed."""

    def update(self, **kwargs: Any) -> int:
        _refuse("update()")

    def delete(self) -> tuple[int, dict[str, int]]:
        _refuse("delete()")

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        _refuse("bulk_create()")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        _refuse("bulk_update()")


class Version(models.Model):
    """A version of a recorded row. Every way to it goes through a manager that only reads."""

    objects = VersionQuerySet.as_manager()  # type: ignore[django-manager-missing]

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        _refuse("Saving a version")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _refuse("Deleting a version")


class ActHistory(HistoricalRecords):
    """simple-history's records, collected in the act under way and inserted together when it is sealed.

    No setting and no attribute switches it off: the package's `SIMPLE_HISTORY_ENABLED` and
    `skip_history_when_saving` are not looked at.
    """

    def fields_included(self, model: type[models.Model]) -> list[models.Field[Any, Any]]:
        without: tuple[str, ...] = getattr(model, "without_history", ())
        return [f for f in model._meta.fields if f.name not in without]

    def post_save(self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any) -> None:
        collect(instance, "+" if created else "~")

    def post_delete(self, instance: models.Model, using: str | None = None, **kwargs: Any) -> None:
        _refuse("delete()")


@cache
def version_model(model: type[models.Model]) -> type[models.Model]:
    """The history model of a recorded model (simple-history builds a manager at every `.history`: ask it once)."""
    return cast(type[models.Model], model.history.model)  # type: ignore[attr-defined]


@cache
def tracked_fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    """The fields of a recorded model that its versions keep."""
    without: tuple[str, ...] = getattr(model, "without_history", ())
    return tuple(f for f in model._meta.concrete_fields if f.name not in without)


def collect(row: models.Model, history_type: str) -> None:
    """Give the act under way a version of `row`; `history_type` is + for created, ~ for changed."""
    act = acts.current()
    values = {f.attname: getattr(row, f.attname) for f in tracked_fields(type(row))}
    version = acts.NewVersion(
        history_date=act.at,
        history_type=history_type,
        history_user_id=act.actor.pk if act.actor else None,
        history_change_reason=act.reason or None,
        **values,
    )
    act.wrote(version_model(type(row)), version)


def add_all(rows: Iterable[R]) -> list[R]:
    """Insert many new rows of one recorded model at once, with a version of each, inside the act under way."""
    act = acts.current()
    new = list(rows)
    if new:
        for row in new:
            if not _is_to_be_counted(row):
                _refuse("Adding a row that is there")
            # As `save()` does: a parent that was saved since has its key by now.
            row._prepare_related_fields_for_save(operation_name="add_all")  # type: ignore[attr-defined]
            row.prepare(act)
        _insert(new)
    return new


def _is_to_be_counted(row: Recorded) -> bool:
    """Whether this row is new and gets its key from the database."""
    return row._state.adding and row.pk is None and is_counted(type(row))


def _insert(rows: Sequence[Recorded]) -> None:
    """Insert new rows of one model, prepared, with a version of each."""
    for row, key in zip(rows, insert(type(rows[0]), [vars(row) for row in rows]), strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        collect(row, "+")


def _update(row: Recorded) -> None:
    """Update a row that is there, prepared, with a version of it."""
    update(type(row), vars(row))
    collect(row, "~")


class Recorded(models.Model):
    """A row of the record. `act` is the act that wrote it as it stands.

    A model below another in what a signature covers names its foreign keys to it in `signed_with`. Rows above that a
    signature under it covers too are named in `signed_context`, by the foreign keys that lead there (`vessel__batch`).
    Fields that change as work goes on, such as a state, are named in `unsigned_fields`.
    """

    act = models.ForeignKey("ledger.Entry", models.PROTECT, editable=False, related_name="+")

    history = ActHistory(inherit=True, bases=(Version,), historical_queryset=VersionQuerySet, user_db_constraint=False)
    objects = RecordedQuerySet.as_manager()

    signed_with: ClassVar[tuple[str, ...]] = ()
    signed_context: ClassVar[tuple[str, ...]] = ()
    unsigned_fields: ClassVar[tuple[str, ...]] = ()
    without_history: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True
        # Django itself updates through the base manager, for instance when a row is added to another's children.
        base_manager_name = "objects"

    def prepare(self, act: acts.Act) -> None:
        """Stamp the row with its act and bring its values to their fields' form; raises ValidationError."""
        self.act_id = act.id
        self.clean_fields(exclude=_references(type(self)))
        self.clean()

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Each value by its field; a number also by what SQLite gives back of it. Raises ValidationError."""
        super().clean_fields(exclude)
        beyond: dict[str, Any] = {
            f.name: ValidationError(_("This number has more than 15 digits. Enter it with fewer."))
            for f in _decimals(type(self))
            if f.name not in (exclude or ()) and _digits(getattr(self, f.attname)) > EXACT_DIGITS
        }
        if beyond:
            raise ValidationError(beyond)

    def save_base(self, raw: bool = False, *args: Any, **kwargs: Any) -> None:
        act = acts.current()
        if raw or kwargs.get("update_fields") is not None:
            _refuse("A raw or partial save")
        self.prepare(act)
        if _is_to_be_counted(self):
            _insert([self])
        elif self._state.adding:
            super().save_base(raw, *args, **kwargs)
        else:
            _update(self)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _refuse("delete()")


@cache
def _decimals(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(f for f in model._meta.concrete_fields if isinstance(f, models.DecimalField))


def _digits(value: object) -> int:
    return len(value.normalize().as_tuple().digits) if isinstance(value, Decimal) else 0


@cache
def _references(model: type[models.Model]) -> frozenset[str]:
    """Foreign keys: the database checks them; Django would ask once for each."""
    return frozenset(f.name for f in model._meta.concrete_fields if f.is_relation)


def recorded_models() -> Iterator[type[Recorded]]:
    """Every concrete recorded model of the installed applications."""
    for model in apps.get_models():
        if issubclass(model, Recorded):
            yield model
