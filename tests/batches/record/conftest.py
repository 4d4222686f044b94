"""Marks of the tests of printed records."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "poppler: reads printed pages back with pdftotext, pdffonts and qpdf")
