"""The site's digital signature on a file: this site made it, and no byte of it has changed since.

PAdES at level B-B (ETSI EN 319 142-1), with an RFC 3161 time stamp when TIMESTAMP_URL says who gives them. It is no
person's signature: those are in the record. The key is RSA, because other kinds make the file PDF 2.0; where it is
kept is in `keys.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.request import Request, urlopen

from asn1crypto import algos, cms, tsp, x509
from django.conf import settings
from pyhanko.pdf_utils.generic import ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from lims.pdf.keys import chain, signing

FIELD = "Seal"
TIMESTAMP_SECONDS = 20


def seal(path_in: Path, path_out: Path, *, reason: str, location: str, at: datetime) -> None:
    """Write the file, signed, to `path_out`. The same file, key and time give the same bytes, unless time-stamped.

    Raises NoDocumentKey; OSError or pyHanko's errors when no time stamp is to be had.
    """
    url = settings.TIMESTAMP_URL
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        reason=reason,
        location=location,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        # No room is left over in which a byte could change unseen. How long a time stamp will be is not known before.
        tight_size_estimates=not url,
    )
    with path_in.open("rb") as unsigned, path_out.open("w+b") as signed, signing() as key:
        writer = _Untouched(unsigned)
        made_at = _Signer(metadata, signer=key, timestamper=_Stamper(url) if url else None)
        made_at.at = at
        made_at.sign_pdf(writer, output=signed)


def problem(path: Path) -> str:
    """Why a file is not, byte for byte, one that this site sealed; "" if it is. Raises NoDocumentKey."""
    own = chain()
    try:
        with path.open("rb") as file:
            signatures = PdfFileReader(file).embedded_signatures
            if len(signatures) != 1:
                return f"The file carries {len(signatures)} signatures instead of one."
            (only,) = signatures
            status = validate_pdf_signature(only, ValidationContext(trust_roots=[own[0]], allow_fetching=False))
            # Who gave a time stamp is not asked: this site's certificate is all that is trusted here.
            if not (status.intact and status.valid and status.trusted):
                return f"The signature does not hold: {status.summary()}."
            return _loose_bytes(file, only, own)
    # A damaged file fails wherever the parsers meet the damage: each way is the same finding.
    except Exception as error:
        return f"The file can't be read as a sealed one: {error or type(error).__name__}"


def _loose_bytes(file: BinaryIO, signature: Any, own: Sequence[x509.Certificate]) -> str:
    """What is wrong with the one place a signature can't cover, its own: it holds these very digits, then zeros.

    Of what stands there only the attributes and the value of the signature are verified, so all the rest is put
    together again from what it can only be (RFC 5652, 5.1): another byte in it would be noticed by nobody.
    """
    first, length, second, rest = map(int, signature.byte_range)
    end = file.seek(0, 2)
    file.seek(first + length)
    place = file.read(second - first - length)
    given = cms.ContentInfo.load(signature.pkcs7_content)["content"]
    told = _signed_data(given, own).dump(force=True).hex().upper().encode()
    exact = b"<" + told.ljust(len(place) - 2, b"0") + b">"
    if first or second + rest != end or place != exact:
        return "There is something in the file that the signature does not cover."
    return ""


def _signed_data(given: cms.SignedData, own: Sequence[x509.Certificate]) -> cms.ContentInfo:
    """What holds a signature by this site's key, the first of its `own`, with the attributes and value given."""
    (by,), known = given["signer_infos"], {c.dump(): c for c in own}
    carried = [c.chosen.dump() for c in given["certificates"]]
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    identified = {"issuer": own[0].issuer, "serial_number": own[0].serial_number}
    parts = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(identified)}),
        "digest_algorithm": sha256,
        "signed_attrs": by["signed_attrs"],
        "signature_algorithm": cms.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
        "signature": by["signature"],
    }
    if by["unsigned_attrs"].native:
        parts["unsigned_attrs"] = by["unsigned_attrs"]  # the time stamp, which its authority has signed
    content = {
        "version": "v1",
        "digest_algorithms": cms.DigestAlgorithms((sha256,)),
        "encap_content_info": {"content_type": "data"},
        "certificates": [known[der] for der in carried if der in known],
        "signer_infos": [cms.SignerInfo(parts)],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})


class _Untouched(IncrementalPdfFileWriter):
    """Adds the signature and leaves what the file says of itself as it is."""

    def _update_meta(self) -> None:
        pass

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> Any:
        """The second half of the identifier, which changes with every revision: from the first, not at random."""
        identifier = super()._handle_id(prev)
        identifier[1] = ByteStringObject(hashlib.sha256(b"sealed" + bytes(identifier[0])).digest()[:16])
        return identifier


class _Signer(PdfSigner):
    """Takes the time it is given."""

    at: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session


class _Stamper(TimeStamper):
    """Asks a time-stamping authority over HTTP."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        kinds = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        asked = Request(self._url, data=req.dump(), headers=kinds)
        with urlopen(asked, timeout=TIMESTAMP_SECONDS) as answer:
            return tsp.TimeStampResp.load(answer.read())
