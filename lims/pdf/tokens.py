"""A key that never leaves its token: a security module or a card, reached over PKCS#11.

DOCUMENT_KEY names it by a PKCS#11 URI (RFC 7512), as openssl and p11tool do:
`pkcs11:token=LABEL;object=LABEL?module-path=LIBRARY&pin-source=FILE`. Not here: keys in files (keys.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from asn1crypto import x509
from pkcs11 import Attribute, ObjectClass
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

SCHEME: Final = "pkcs11:"


class WrongUri(ValueError):
    """The PKCS#11 URI does not say where the key is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is: the library that speaks to the token, the labels of token and key, and the token's PIN."""

    library: str
    token: str
    label: str
    pin: str | None


def read(uri: str) -> Place:
    """The place a URI names. Raises WrongUri, or OSError for the file with the PIN."""
    path, _mark, query = uri.removeprefix(SCHEME).partition("?")
    said = _pairs(path.split(";"), known={"token", "object", "type"})
    asked = _pairs(query.split("&"), known={"module-path", "pin-source", "pin-value"})
    for name, found in (("token", said), ("object", said), ("module-path", asked)):
        if name not in found:
            raise WrongUri(f"DOCUMENT_KEY is a PKCS#11 URI without «{name}».")
    if said.get("type", "private") != "private":
        raise WrongUri("DOCUMENT_KEY names a PKCS#11 object that is no private key.")
    pin = asked.get("pin-value")
    if "pin-source" in asked:
        pin = Path(asked["pin-source"].removeprefix("file:")).read_text().strip()
    return Place(library=asked["module-path"], token=said["token"], label=said["object"], pin=pin)


@contextmanager
def signing(place: Place, certificates: Sequence[x509.Certificate]) -> Iterator[PKCS11Signer]:
    """The key in its token, logged in; the first of `certificates` is its own, the others lead from it.

    Raises WrongUri when the certificate is of another key, or what python-pkcs11 and pyHanko raise.
    """
    session = open_pkcs11_session(place.library, token_criteria=TokenCriteria(label=place.token), user_pin=place.pin)
    with session:
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=place.label)
        own = certificates[0].public_key
        if own.algorithm != "rsa" or own["public_key"].parsed["modulus"].native != int.from_bytes(
            key[Attribute.MODULUS]
        ):
            raise WrongUri(f"The first certificate is not that of the key «{place.label}» in the token.")
        yield PKCS11Signer(
            session,
            signing_cert=certificates[0],
            ca_chain=certificates[1:],
            key_label=place.label,
            other_certs_to_pull=(),
        )


def _pairs(parts: Sequence[str], *, known: set[str]) -> dict[str, str]:
    found = {}
    for part in filter(None, parts):
        name, _equals, value = part.partition("=")
        if name not in known:
            raise WrongUri(f"DOCUMENT_KEY is a PKCS#11 URI with «{name}», which is not understood here.")
        found[name] = unquote(value)
    return found
