"""The key that seals files, with its certificate: RSA, in a file that is not in the database, or in a token.

A file is made at first use (RSA-3072), except in production, where it is given: DOCUMENT_KEY, and DOCUMENT_CERTIFICATE
when the certificate, with those it hangs from, is in a file of its own, as it always is for a key in a token
(tokens.py). Not here: what is signed (seal.py).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils import timezone
from pkcs11 import PKCS11Error
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import Signer, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lims.pdf import tokens
from lims.site import site

BITS = 3072
YEARS = 15


class NoDocumentKey(Exception):
    """There is no key to seal files with, or its file can't be used."""


@contextmanager
def signing() -> Iterator[Signer]:
    """The key in use, for as long as something is signed. Raises NoDocumentKey."""
    if not _is_in_token():
        yield signer()
        return
    try:
        place = tokens.read(str(settings.DOCUMENT_KEY))
        with tokens.signing(place, _certificates(Path(settings.DOCUMENT_CERTIFICATE))) as held:
            yield held
    except (PKCS11Error, SigningError, ValueError, IndexError, OSError) as error:
        told = str(error) or type(error).__name__
        raise NoDocumentKey(f"The token with the key that seals printed records can't be used: {told}") from error


def certificate() -> asn1_x509.Certificate:
    """The certificate of the key in use; for a key in a token, without asking the token. Raises NoDocumentKey."""
    if not _is_in_token():
        return signer().signing_cert
    try:
        return _certificates(Path(settings.DOCUMENT_CERTIFICATE))[0]
    except (ValueError, IndexError, OSError) as error:
        raise NoDocumentKey(f"The certificate that seals printed records can't be read: {error}") from error


def chain() -> list[asn1_x509.Certificate]:
    """That certificate and those beside it, which a signature may carry too. Raises NoDocumentKey."""
    own = certificate()
    return [own, *(c for c in _certificates(Path(settings.DOCUMENT_CERTIFICATE)) if c.dump() != own.dump())]


def _is_in_token() -> bool:
    return str(settings.DOCUMENT_KEY).startswith(tokens.SCHEME)


def signer() -> SimpleSigner:
    """The key in a file, with its certificate. Raises NoDocumentKey."""
    place = Path(settings.DOCUMENT_KEY)
    if not place.exists():
        if settings.PRODUCTION:
            raise NoDocumentKey(f"{place} is not there. Put the RSA key that seals printed records there.")
        _make(place)
    try:
        key = load_pem_private_key(place.read_bytes(), password=None)
        certificates = _certificates(Path(settings.DOCUMENT_CERTIFICATE))
    except (ValueError, TypeError, OSError) as error:
        raise NoDocumentKey(f"The key or certificate that seals printed records can't be read: {error}") from error
    if not isinstance(key, RSAPrivateKey):
        raise NoDocumentKey(f"{place} holds no RSA key.")
    public = key.public_key().public_numbers()
    fitting = [c for c in certificates if c.public_key.algorithm == "rsa" and _numbers(c) == (public.n, public.e)]
    if not fitting:
        raise NoDocumentKey(f"{settings.DOCUMENT_CERTIFICATE} holds no certificate of the key in {place}.")
    others = SimpleCertificateStore.from_certs([c for c in certificates if c is not fitting[0]])
    stored = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=fitting[0], signing_key=asn1_keys.PrivateKeyInfo.load(stored), cert_registry=others
    )


def _numbers(certificate: asn1_x509.Certificate) -> tuple[int, int]:
    parsed = certificate.public_key["public_key"].parsed
    return parsed["modulus"].native, parsed["public_exponent"].native


def _certificates(place: Path) -> list[asn1_x509.Certificate]:
    blocks = pem.unarmor(place.read_bytes(), multiple=True)
    return [asn1_x509.Certificate.load(content) for kind, _headers, content in blocks if kind == "CERTIFICATE"]


def _make(place: Path) -> None:
    """A new key that vouches for itself, in one file that only its owner reads; the first process to write it wins."""
    here = site()
    named = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Seal of printed records"),
            *([x509.NameAttribute(NameOID.ORGANIZATION_NAME, here.name[:64])] if here else []),
        ]
    )
    key = generate_private_key(public_exponent=65537, key_size=BITS)
    now = timezone.now()  # the certificate is made now, also while an earlier time is replayed
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, written = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        out.write(certificate.public_bytes(Encoding.PEM))
        out.flush()
        os.fsync(out.fileno())
    with suppress(FileExistsError):
        os.link(written, place)
    Path(written).unlink()


def document_fingerprint() -> str | None:
    """SHA-256 of the public key of the key in use, in hexadecimal; None where there is no key to read."""
    try:
        certificates = _certificates(Path(settings.DOCUMENT_CERTIFICATE))
    except (ValueError, TypeError, OSError):
        return None
    return hashlib.sha256(certificates[0].public_key.dump()).hexdigest() if certificates else None
