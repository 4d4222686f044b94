"""Faces for Chinese and Japanese: cut from a variable font once for each weight, and kept in FONTS_DIR.

Cutting takes some seconds, so `manage.py prepare` does it before a production site starts; elsewhere it is done when
the first such character is printed. Which text needs which face is decided in `text.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

import justmytype_intl_cjk
from django.conf import settings

PACKAGE: Final = "justmytype-intl-cjk"
FAMILIES: Final = {"jp": "NotoSansJP", "sc": "NotoSansSC"}
WEIGHTS: Final = {"regular": ("Regular", 400), "bold": ("Bold", 700)}

_forms: ContextVar[tuple[str, ...]] = ContextVar("_forms", default=("jp", "sc"))


def forms() -> tuple[str, ...]:
    """The order in which faces are asked for a character that Chinese and Japanese write differently."""
    return _forms.get()


@contextmanager
def prefer(form: str) -> Iterator[None]:
    """Within, characters take the form `jp` or `sc` where both have one."""
    token = _forms.set((form, *(other for other in FAMILIES if other != form)))
    try:
        yield
    finally:
        _forms.reset(token)


def form_for(language: str, zone: str) -> Literal["jp", "sc"]:
    """`jp` for a Japanese document, `sc` for a Chinese one; for any other, as the place of the laboratory suggests."""
    if language.startswith("ja"):
        return "jp"
    if language.startswith("zh"):
        return "sc"
    return "jp" if zone in ("Asia/Tokyo", "Japan") else "sc"


def face_file(form: str, weight: str) -> tuple[str, Path]:
    """PostScript name and file of a face, cut now if nobody has yet. Two who cut at once keep the same bytes."""
    style, value = WEIGHTS[weight]
    name = f"{FAMILIES[form]}-{style}"
    folder = Path(settings.FONTS_DIR)
    place = folder / f"{name}-{version(PACKAGE)}.ttf"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=folder, prefix=".part-")
        os.close(handle)
        try:
            # In a process of its own: it takes a hundred megabytes, which a worker would keep.
            subprocess.run(
                [sys.executable, "-m", "lims.pdf.cutting", FAMILIES[form], name, str(value), aside],
                check=True,
                cwd=settings.BASE_DIR,
                timeout=300,
            )
            Path(aside).chmod(0o644)  # another account may run the worker
            Path(aside).replace(place)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    return name, place


def variable_font(family: str) -> Path:
    """The file a family's weights are cut from."""
    fonts = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl"
    return fonts / family.lower() / f"{family}[wght].ttf"


def warm() -> None:
    """Cut every face that is not there yet."""
    for form in FAMILIES:
        for weight in WEIGHTS:
            face_file(form, weight)
