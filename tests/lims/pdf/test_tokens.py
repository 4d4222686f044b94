"""The key that seals files may stay in a token, and the file holds like any other."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from pytest_django import DjangoDbBlocker

from lims.pdf import keys, tokens
from lims.pdf.archive import Properties
from lims.pdf.pages import Furniture, Pages
from lims.pdf.seal import problem, seal
from tests.run import SOFTHSM

PIN = "4711"
AT = datetime(2026, 11, 26, 9, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Path:
    """Key and certificate in a file."""
    place = tmp_path_factory.mktemp("keys") / "document.pem"
    with django_db_blocker.unblock():
        keys._make(place)
    return place


@pytest.fixture(scope="module")
def uri(pem: Path) -> Iterator[str]:
    """The same key in a token."""
    folder = pem.parent
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    (folder / "pin").write_text(PIN + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        for act in (
            ["--init-token", "--free", "--label", "the laboratory", "--so-pin", "0815", "--pin", PIN],
            ["--import", str(pem), "--token", "the laboratory", "--label", "seal", "--id", "01", "--pin", PIN],
        ):
            subprocess.run(["softhsm2-util", *act], check=True, capture_output=True)
        pin = f"pin-source=file:{folder / 'pin'}"
        yield f"pkcs11:token=the%20laboratory;object=seal;type=private?module-path={SOFTHSM}&{pin}"


def sealed(tmp_path: Path, name: str) -> Path:
    out = BytesIO()
    furniture = Furniture("Record", "Product", (("Batch", "B-1"),), (), (), "B-1")
    properties = Properties("Record", "Laboratory", "Subject", "en")
    Pages(out, furniture, properties, number_pages=lambda page, pages: "").finish()
    unsigned, path = tmp_path / "unsigned.pdf", tmp_path / name
    unsigned.write_bytes(out.getvalue())
    seal(unsigned, path, reason="Batch record B-1", location="Laboratory", at=AT)
    return path


@pytest.mark.token
@pytest.mark.django_db
def test_a_file_sealed_with_a_key_in_a_token_holds_as_with_the_same_key_in_a_file(
    settings: LazySettings, pem: Path, uri: str, tmp_path: Path
) -> None:
    settings.DOCUMENT_CERTIFICATE, settings.DOCUMENT_KEY = pem, uri
    path = sealed(tmp_path, "sealed.pdf")
    assert path.read_bytes() == sealed(tmp_path, "again.pdf").read_bytes()
    assert problem(path) == ""
    settings.DOCUMENT_KEY = pem
    assert problem(path) == ""
    whole = bytearray(path.read_bytes())
    whole[400] ^= 1
    path.write_bytes(whole)
    assert problem(path)


@pytest.mark.token
@pytest.mark.django_db
def test_a_wrong_pin_seals_nothing_and_the_next_try_with_the_right_one_does(
    settings: LazySettings, pem: Path, uri: str, tmp_path: Path
) -> None:
    settings.DOCUMENT_CERTIFICATE = pem
    settings.DOCUMENT_KEY = uri.partition("pin-source")[0] + "pin-value=0000"
    with pytest.raises(keys.NoDocumentKey, match=r"can't be used: .*[Pp]in"):
        sealed(tmp_path, "refused.pdf")
    settings.DOCUMENT_KEY = uri
    assert problem(sealed(tmp_path, "sealed.pdf")) == ""


@pytest.mark.token
@pytest.mark.django_db
def test_a_certificate_of_another_key_or_a_token_that_is_not_there_is_refused(
    settings: LazySettings, pem: Path, uri: str, tmp_path: Path
) -> None:
    keys._make(tmp_path / "other.pem")
    settings.DOCUMENT_KEY, settings.DOCUMENT_CERTIFICATE = uri, tmp_path / "other.pem"
    with pytest.raises(keys.NoDocumentKey, match="not that of the key «seal»"):
        sealed(tmp_path, "refused.pdf")
    settings.DOCUMENT_KEY, settings.DOCUMENT_CERTIFICATE = uri.replace("laboratory", "clinic"), pem
    with pytest.raises(keys.NoDocumentKey, match="No token"):
        sealed(tmp_path, "refused.pdf")


@pytest.mark.django_db
def test_a_file_is_checked_without_the_token(settings: LazySettings, pem: Path, tmp_path: Path) -> None:
    settings.DOCUMENT_KEY = settings.DOCUMENT_CERTIFICATE = pem
    path = sealed(tmp_path, "sealed.pdf")
    settings.DOCUMENT_KEY = "pkcs11:token=gone;object=seal?module-path=/nowhere.so"
    assert problem(path) == ""


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("pkcs11:object=seal?module-path=/a.so", "without «token»"),
        ("pkcs11:token=t?module-path=/a.so", "without «object»"),
        ("pkcs11:token=t;object=seal", "without «module-path»"),
        ("pkcs11:token=t;object=seal;serial=1?module-path=/a.so", "«serial», which is not understood"),
        ("pkcs11:token=t;object=seal;type=cert?module-path=/a.so", "no private key"),
    ],
)
def test_a_uri_that_does_not_say_where_the_key_is_says_what_it_lacks(uri: str, told: str) -> None:
    with pytest.raises(tokens.WrongUri, match=told):
        tokens.read(uri)


def test_a_uri_says_library_token_key_and_pin() -> None:
    place = tokens.read("pkcs11:token=the%20laboratory;object=seal?module-path=/usr/lib/p11.so&pin-value=47%3B11")
    assert place == tokens.Place("/usr/lib/p11.so", "the laboratory", "seal", "47;11")
