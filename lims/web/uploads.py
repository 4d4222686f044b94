"""How a file comes in: to a folder on disk and never to memory, and no further than is ever kept.

Not here: what a file may be; its bytes are looked at by whoever keeps it.
"""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

# No file of any kind is kept that is larger; the rest of a larger one is read and dropped.
LARGEST_BYTES = 16 * 1024 * 1024


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes an upload to disk up to a bound. A larger file arrives with its true size and no content to speak of.

    So the form it came with is still read to its end, and the refusal can stand beside the file's field.
    """

    chunk_size = 64 * 1024

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) <= LARGEST_BYTES:
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        file = super().file_complete(file_size)
        if file is not None and file_size > LARGEST_BYTES:
            file.truncate(0)
        return file
