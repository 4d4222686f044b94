"""Faces for Chinese and Japanese are cut once, whole or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.conf import LazySettings
from fontTools.ttLib import TTFont

from lims.pdf import han


def test_each_weight_is_a_face_under_its_own_name() -> None:
    for weight, named in [("regular", "NotoSansJP-Regular"), ("bold", "NotoSansJP-Bold")]:
        name, path = han.face_file("jp", weight)
        with TTFont(path) as font:
            assert name == font["name"].getDebugName(6) == named
            assert "fvar" not in font
            assert ord("膝") in font.getBestCmap()


def test_a_face_that_could_not_be_cut_leaves_nothing_behind(
    settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FONTS_DIR = tmp_path
    monkeypatch.setitem(han.FAMILIES, "jp", "NoSuchFamily")
    with pytest.raises(subprocess.CalledProcessError):
        han.face_file("jp", "bold")
    assert list(tmp_path.iterdir()) == []
