"""Columns used by many models, so that a volume is the same volume everywhere."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models

_NOT_NEGATIVE = MinValueValidator(0)


def millilitres(name: Any, **kwargs: Any) -> models.DecimalField[Any, Any]:
    """A volume in mL, to a microlitre."""
    return models.DecimalField(name, max_digits=9, decimal_places=3, validators=[_NOT_NEGATIVE], **kwargs)


def per_cent(name: Any, **kwargs: Any) -> models.DecimalField[Any, Any]:
    """A share in per cent, to a hundredth."""
    return models.DecimalField(name, max_digits=5, decimal_places=2, validators=[_NOT_NEGATIVE], **kwargs)


def degrees_c(name: Any, **kwargs: Any) -> models.DecimalField[Any, Any]:
    """A temperature in °C, to a tenth."""
    return models.DecimalField(name, max_digits=5, decimal_places=1, **kwargs)


def cell_number(name: Any, **kwargs: Any) -> models.DecimalField[Any, Any]:
    """A number of cells, or cells per mL. Cells are cells, never millions."""
    return models.DecimalField(name, max_digits=16, decimal_places=2, validators=[_NOT_NEGATIVE], **kwargs)


def square_cm(name: Any, **kwargs: Any) -> models.DecimalField[Any, Any]:
    """A growth area in cm²."""
    return models.DecimalField(name, max_digits=8, decimal_places=1, validators=[_NOT_NEGATIVE], **kwargs)
