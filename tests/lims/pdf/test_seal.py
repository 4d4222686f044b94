"""The seal of a file holds for that file, byte for byte, and for no other."""

from __future__ import annotations

import random
import stat
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import tsp
from django.conf import LazySettings
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pytest_django import DjangoDbBlocker

from lims.pdf import keys
from lims.pdf.archive import Attachment, Properties
from lims.pdf.pages import Furniture, Pages
from lims.pdf.seal import problem, seal

AT = datetime(2026, 11, 26, 9, 14, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def one_key(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Path:
    """Made once: finding primes takes seconds."""
    place = tmp_path_factory.mktemp("keys") / "document.pem"
    with django_db_blocker.unblock():
        keys._make(place)
    return place


@pytest.fixture(autouse=True)
def _own_key(settings: LazySettings, one_key: Path) -> None:
    settings.DOCUMENT_KEY = settings.DOCUMENT_CERTIFICATE = one_key


@pytest.fixture
def unsigned(tmp_path: Path) -> Path:
    out = BytesIO()
    furniture = Furniture("Record", "Product", (("Batch", "B-1"),), (), (), "B-1")
    properties = Properties("Record", "Laboratory", "Subject", "en")
    pages = Pages(out, furniture, properties, number_pages=lambda page, pages: "")
    pages.finish([Attachment("record.json", "application/json", "Data", "The record", [b"{}"])])
    path = tmp_path / "unsigned.pdf"
    path.write_bytes(out.getvalue())
    return path


def sealed(unsigned: Path, name: str = "sealed.pdf", *, at: datetime = AT) -> Path:
    path = unsigned.with_name(name)
    seal(unsigned, path, reason="Batch record B-1", location="Laboratory", at=at)
    return path


def test_a_sealed_file_holds_and_begins_with_the_unsigned_one(unsigned: Path) -> None:
    path = sealed(unsigned)
    assert problem(path) == ""
    assert path.read_bytes().startswith(unsigned.read_bytes())


def test_the_same_file_key_and_time_give_the_same_bytes(unsigned: Path) -> None:
    assert sealed(unsigned, "one.pdf").read_bytes() == sealed(unsigned, "two.pdf").read_bytes()


def test_the_signature_says_why_where_and_when(unsigned: Path) -> None:
    with sealed(unsigned).open("rb") as file:
        (signature,) = PdfFileReader(file).embedded_signatures
        assert signature.self_reported_timestamp == AT
        assert signature.sig_object["/Reason"] == "Batch record B-1"
        assert signature.sig_object["/Location"] == "Laboratory"
        assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


@pytest.mark.poppler
def test_another_program_finds_the_signature_valid_and_the_file_sound(unsigned: Path) -> None:
    path = sealed(unsigned)
    told = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 0


@pytest.mark.clause("11.30")
def test_one_changed_byte_anywhere_is_found(unsigned: Path) -> None:
    path = sealed(unsigned)
    whole = path.read_bytes()
    chance = random.Random(7)
    place = whole.index(b"/Contents <") + 11
    # Somewhere in the file, in the digits of the signature, and where the signature says what it covers.
    offsets = [chance.randrange(len(whole)) for _ in range(24)]
    offsets += [
        place - 1,
        place,
        place + 900,
        whole.index(b">", place),
        whole.index(b"/ByteRange") + 13,
        len(whole) - 1,
    ]
    unseen = []
    for offset in offsets:
        changed = bytearray(whole)
        changed[offset] ^= 0x20
        path.write_bytes(changed)
        if not problem(path):
            unseen.append(offset)
    assert unseen == []


@pytest.mark.clause("11.30")
def test_nothing_in_the_place_of_the_signature_can_be_another_byte(unsigned: Path) -> None:
    path = sealed(unsigned)
    whole = path.read_bytes()
    first = whole.index(b"/Contents <") + 11
    unseen = []
    # What is told before the certificate, and between it and the value of the signature (384 bytes at the end).
    last = whole.index(b">", first)
    for offset in (*range(first, first + 120, 2), *range(last - 1040, last - 768, 4)):
        changed = bytearray(whole)
        changed[offset + 1] = ord("1") if changed[offset + 1] == ord("0") else ord("0")
        path.write_bytes(changed)
        if not problem(path):
            unseen.append(offset - first)
    assert unseen == []


def test_a_byte_added_at_the_end_is_found(unsigned: Path) -> None:
    path = sealed(unsigned)
    path.write_bytes(path.read_bytes() + b"\n")
    assert problem(path)


def test_a_file_without_a_seal_or_with_that_of_another_site_is_found(
    unsigned: Path, settings: LazySettings, tmp_path: Path
) -> None:
    assert problem(unsigned) == "The file carries 0 signatures instead of one."
    path = sealed(unsigned)
    settings.DOCUMENT_KEY = settings.DOCUMENT_CERTIFICATE = tmp_path / "other" / "document.pem"
    assert "does not hold" in problem(path)


def test_the_key_is_made_once_and_read_by_its_owner_only(settings: LazySettings, tmp_path: Path) -> None:
    settings.DOCUMENT_KEY = settings.DOCUMENT_CERTIFICATE = tmp_path / "keys" / "document.pem"
    first = keys.signer().signing_cert.dump()
    keys._make(settings.DOCUMENT_KEY)
    assert keys.signer().signing_cert.dump() == first
    assert stat.S_IMODE(settings.DOCUMENT_KEY.stat().st_mode) == 0o600
    assert [path.name for path in settings.DOCUMENT_KEY.parent.iterdir()] == ["document.pem"]


def test_production_makes_no_key_by_itself(settings: LazySettings, tmp_path: Path) -> None:
    settings.DOCUMENT_KEY = tmp_path / "document.pem"
    settings.PRODUCTION = True
    with pytest.raises(keys.NoDocumentKey, match="is not there"):
        keys.signer()


def test_a_certificate_of_another_key_is_refused(settings: LazySettings, tmp_path: Path) -> None:
    keys._make(tmp_path / "other.pem")
    settings.DOCUMENT_CERTIFICATE = tmp_path / "other.pem"
    with pytest.raises(keys.NoDocumentKey, match="holds no certificate of the key"):
        keys.signer()


@pytest.fixture
def authority(settings: LazySettings) -> Iterator[DummyTimeStamper]:
    """A time-stamping authority on a port of this machine."""
    own = keys.signer()
    stamper = DummyTimeStamper(own.signing_cert, own.signing_key, fixed_dt=AT)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            told = stamper.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        settings.TIMESTAMP_URL = f"http://127.0.0.1:{server.server_port}/"
        running = threading.Thread(target=server.serve_forever)
        running.start()
        try:
            yield stamper
        finally:
            server.shutdown()
            running.join()


def test_a_time_stamp_is_asked_for_and_kept_in_the_signature(unsigned: Path, authority: DummyTimeStamper) -> None:
    with sealed(unsigned).open("rb") as file:
        (signature,) = PdfFileReader(file).embedded_signatures
        trusted = ValidationContext(trust_roots=[keys.signer().signing_cert], allow_fetching=False)
        stamp = validate_pdf_signature(signature, trusted).timestamp_validity
        assert stamp.intact
        assert stamp.timestamp == AT
    assert problem(unsigned.with_name("sealed.pdf")) == ""


def test_an_authority_that_does_not_answer_is_no_reason_to_sign_without(unsigned: Path, settings: LazySettings) -> None:
    settings.TIMESTAMP_URL = "http://127.0.0.1:9/"
    with pytest.raises(OSError, match="refused"):
        sealed(unsigned)
