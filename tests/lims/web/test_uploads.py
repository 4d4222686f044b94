"""Uploads: on disk, bounded, and still with a form around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from django.http import HttpRequest
from django.test import RequestFactory

from lims.web.uploads import LARGEST_BYTES, BoundedUploadHandler


@contextmanager
def _posted(size: int) -> Iterator[HttpRequest]:
    photo = BytesIO(b"\xff\xd8\xff" + b"x" * (size - 3))
    photo.name = "photo.jpg"
    request = RequestFactory().post("/", {"comment": "typed", "photo": photo})
    request.upload_handlers = [BoundedUploadHandler(request)]
    yield request
    request.close()


def test_a_file_arrives_whole_on_disk() -> None:
    with _posted(3_000_000) as request:
        file = request.FILES["photo"]
        assert file.size == 3_000_000
        assert file.temporary_file_path()
        assert len(file.read()) == 3_000_000


def test_a_file_of_fifty_megabytes_is_not_kept_and_what_was_typed_beside_it_is() -> None:
    with _posted(50_000_000) as request:
        assert request.POST["comment"] == "typed"
        file = request.FILES["photo"]
        assert file.size == 50_000_000
        assert file.file.seek(0, 2) == 0


def test_a_file_at_the_bound_is_whole() -> None:
    with _posted(LARGEST_BYTES) as request:
        assert len(request.FILES["photo"].read()) == LARGEST_BYTES
