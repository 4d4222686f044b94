"""Check an export of one batch without the program that wrote it: `python verify_export.py EXPORT.zip`, or a folder.

Needs Python 3.9 and its standard library, nothing else. With the package `cryptography` the signatures of the
laboratory's key are checked too; without it this says that they were not. Exit 0: as sealed. Exit 1: findings, each
with its file and line. Whatever is in the file, the answer is findings, never a crash.

Anybody can make an export anew and sign it with a key of their own. Name the fingerprint the laboratory states, with
`--key FINGERPRINT` (once for each key it states), and any other key is a finding; or compare the one printed yourself.

Not here: whether what was recorded is true.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import struct
import sys
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except Exception:  # Missing or broken: both mean that signatures can't be checked here.
    Ed25519PublicKey = None  # type: ignore[assignment,misc]

GENESIS = "0" * 64
SITE = "site"
ATTACHED = "batches.Attachment"
_DEFAULT = object()  # a value that is its column's default is left out
_READ_WHOLE = (".json", ".jsonl", ".signature")
_CHUNK = 1 << 20
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, struct.error)
_ENTRY = re.compile(rb'\{"hash":"([0-9a-f]{64})","prev":"([0-9a-f]{64})","payload":(\{.*\})\}')

# Every member is stored as it is, with these fields and no others: version 2.0, 1980-01-01, -rw-r--r--.
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_PLAIN = (20, 0, 0, 0, 33)
_REST = (0, 0, 0, 0, 0o100644 << 16)


class Finding(NamedTuple):
    """Something that is not as it was sealed, in a file of the export and, where there is one, a line."""

    where: str
    line: int
    text: str


class Item(NamedTuple):
    """One file of the export. `data` is kept for those that are read, not for pictures and paper."""

    size: int
    sha256: str
    crc: int
    data: bytes


class Report:
    """What was looked at, what was found, and what could not be checked."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.counts: dict[str, int] = {}
        self.manifest: dict[str, Any] = {}
        self.keys: dict[str, str] = {}  # by fingerprint, with the first file it signed

    def found(self, where: str, text: str, line: int = 0) -> None:
        """Add a finding."""
        self.findings.append(Finding(where, line, text))

    def count(self, what: str, number: int = 1) -> None:
        """Count something that was looked at."""
        self.counts[what] = self.counts.get(what, 0) + number


# --- The arithmetic of the ledger -----------------------------------------------------------------------------------


def canonical(content: Mapping[str, object]) -> bytes:
    """Canonical JSON (RFC 8785) of objects, arrays, strings, true, false, null and small integers."""
    return json.dumps(_ordered(content), separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(content)).hexdigest()


def leaf_of(payload: bytes) -> str:
    """SHA-256 of 0x00 and the payload."""
    return hashlib.sha256(b"\x00" + payload).hexdigest()


def link(prev: str, leaf: str) -> str:
    """SHA-256 of 0x01, the hash before and the leaf: the hash of an entry, and of a checkpoint."""
    return hashlib.sha256(b"\x01" + bytes.fromhex(prev) + bytes.fromhex(leaf)).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("a number with decimals has no canonical form")
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def as_text(value: Any) -> Any:
    """A JSON value with every number as text, as it is sealed."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return value if value is None or isinstance(value, bool) else str(value)


def with_kinds(value: Any) -> Any:
    """A JSON value with every number marked as one."""
    if isinstance(value, dict):
        return {key: with_kinds(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_kinds(item) for item in value]
    return value if value is None or isinstance(value, (str, bool)) else {"number": str(value)}


# --- The container ---------------------------------------------------------------------------------------------------


def read_zip(path: Path, report: Report) -> dict[str, Item]:
    """The members of the ZIP, every byte of it compared with what a writer of exports writes."""
    items: dict[str, Item] = {}
    directory, last = b"", "its beginning"
    with path.open("rb") as file:
        while True:
            offset = file.tell()
            head = file.read(_LOCAL.size)
            if len(head) < _LOCAL.size:
                break
            fields = _LOCAL.unpack(head)
            crc, size, length = fields[6], fields[8], fields[9]
            plain = _LOCAL.pack(b"PK\x03\x04", *_PLAIN, crc, size, size, length, 0)
            if head[:4] != plain[:4] and head[4:] != plain[4:]:
                break  # No member begins here.
            written = file.read(length)
            name = written.decode("ascii", "replace")
            item = _take(file, size, keep=name.endswith(_READ_WHOLE))
            if head != plain:
                report.found(name, "Its header in the ZIP is not as it was written.")
            if item.crc != crc or item.size != size:
                report.found(name, "Its bytes in the ZIP are not as they were written.")
            if name in items or "\ufffd" in name:
                report.found(name, "The name is there twice, or is no name.")
            if items and name < last:
                report.found(name, "It is out of order in the ZIP.")
            items[name], last = item, name
            directory += _CENTRAL.pack(b"PK\x01\x02", 0x0314, *_PLAIN, crc, size, size, len(written), *_REST, offset)
            directory += written
        end = _END.pack(b"PK\x05\x06", 0, 0, len(items) & 0xFFFF, len(items) & 0xFFFF, len(directory), offset, 0)
        file.seek(offset)
        if file.read(len(directory) + len(end) + 1) != directory + end:
            report.found(path.name, f"After {last}, at byte {offset}, the ZIP is not as it was written.")
    return items


def read_folder(path: Path) -> dict[str, Item]:
    """The files of an export that was unpacked."""
    items: dict[str, Item] = {}
    for place in sorted(path.rglob("*")):
        if place.is_file():
            name = place.relative_to(path).as_posix()
            with place.open("rb") as file:
                items[name] = _take(file, place.stat().st_size, keep=name.endswith(_READ_WHOLE))
    return items


def _take(file: BinaryIO, size: int, *, keep: bool) -> Item:
    sha256, crc, taken, data = hashlib.sha256(), 0, 0, []
    while taken < size:
        chunk = file.read(min(_CHUNK, size - taken))
        if not chunk:
            break
        sha256.update(chunk)
        crc = zlib.crc32(chunk, crc)
        taken += len(chunk)
        if keep:
            data.append(chunk)
    return Item(taken, sha256.hexdigest(), crc, b"".join(data))


# --- What is in it ---------------------------------------------------------------------------------------------------


class Listed(NamedTuple):
    """What an entry says of one version or signature it wrote."""

    digest: str
    stream: str
    seq: int
    json: str | None = None


class Export:
    """One export under check: its files, and what its entries list."""

    def __init__(self, items: dict[str, Item], report: Report) -> None:
        self.items, self.report = items, report
        self.hashes: dict[tuple[str, int], str] = {}
        self.withheld: set[tuple[str, int]] = set()
        self.versions: dict[tuple[str, str], Listed] = {}
        self.signatures: dict[str, Listed] = {}
        self.rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.attached: set[str] = set()
        self.told: set[tuple[str, int]] = set()
        self.sealed_by = ""

    def check(self) -> None:
        """Everything, in the order in which one thing rests on the other."""
        for step in (self._manifest, self._chains, self._rows, self._signatures, self._attachments, self._checkpoints):
            try:
                step()
            except _UNREADABLE as error:
                name = step.__name__.strip("_")
                self.report.found(name, _why(error))

        if self.withheld:
            self.report.notes.append(
                f"{len(self.withheld)} acts also name other patients or batches and are shown by their digest. The "
                "rows and signatures of these acts are told here, not proven."
            )

    def _manifest(self) -> None:
        report = self.report
        raw = self._item("manifest.json").data
        report.manifest = _object(raw)
        for lost in report.manifest.get("restores", []):
            report.notes.append(
                f"The laboratory states that its database was put back at {lost['at']} by {lost['by']}, and that "
                f"entries {lost['first']} to {lost['last']} of {lost['stream']} were lost. "
                "Later ones may bear these numbers."
            )
        listed = {str(f["name"]): f for f in report.manifest["files"]}
        for name, stated in listed.items():
            item = self.items.get(name)
            if item is None:
                report.found(name, "The manifest lists this file and it is not there.")
            elif (item.size, item.sha256) != (stated["size"], stated["sha256"]):
                report.found(name, "Its bytes are not those the manifest lists.")
        for name in self.items.keys() - listed.keys() - {"manifest.json", "manifest.signature"}:
            report.found(name, "The manifest does not list this file.")
        report.count("files", len(self.items))
        seal = _object(self._item("manifest.signature").data)
        if seal["sha256"] != hashlib.sha256(raw).hexdigest():
            report.found("manifest.json", "It is not the manifest that was signed.")
        self.sealed_by = self._signed(seal["public_key"], seal["signature"], raw, "manifest.signature")

    def _chains(self) -> None:
        for stream in self.report.manifest["streams"]:
            name, where = str(stream["stream"]), f"chain/{stream['stream']}.jsonl"
            prev, seq = GENESIS, 0
            for number, line in self._lines(where):
                seq += 1
                try:
                    prev = self._entry(name, seq, prev, line)
                except _UNREADABLE as error:
                    self.report.found(where, f"Entry {seq}: {_why(error)}", number)
                    prev = line[9:73].decode("ascii", "replace")
            if (seq, prev) != (stream["seq"], stream["hash"]):
                self.report.found(where, f"It ends at entry {seq}; the manifest says {stream['seq']}, or another hash.")
        last = 0
        for number, line in self._lines("chain/site.jsonl"):
            try:
                last = self._single(line, last)
            except _UNREADABLE as error:
                self.report.found("chain/site.jsonl", _why(error), number)

    def _entry(self, stream: str, seq: int | None, prev: str | None, line: bytes) -> str:
        """Check one entry and keep what it lists; return its hash. Without `prev`, an entry that stands alone."""
        parts = _ENTRY.fullmatch(line)
        if parts is None:
            raise ValueError("the line is no entry")
        stated, before, payload = parts[1].decode(), parts[2].decode(), parts[3]
        if link(before, leaf_of(payload)) != stated or before != (prev or before):
            raise ValueError("it is not linked to the one before, or its bytes were changed")
        content = _object(payload)
        at = (content["stream"], content["seq"])
        if at != (stream, seq or content["seq"]) or content["prev"] != before:
            raise ValueError("it says that it stands elsewhere")
        for row in content["rows"]:
            self.versions[row["model"], row["version"]] = Listed(row["digest"], *at, row.get("json"))
        for signature in content["signatures"]:
            self.signatures[signature["id"]] = Listed(signature["digest"], *at)
        self.hashes[at] = stated
        self.report.count("entries")
        return stated

    def _single(self, line: bytes, last: int) -> int:
        if line.startswith(b'{"hash":"') and _ENTRY.fullmatch(line):
            self._entry(SITE, None, None, line)
            seq = int(_object(line)["payload"]["seq"])
        else:
            kept = _object(line)
            seq = int(kept["seq"])
            if link(kept["prev"], kept["leaf"]) != kept["hash"]:
                raise ValueError(f"entry {seq}, shown by its digest, is not linked")
            self.withheld.add((SITE, seq))
        if seq <= last:
            raise ValueError(f"entry {seq} is out of order")
        return seq

    def _rows(self) -> None:
        seen: set[tuple[str, str]] = set()
        for where in sorted(name for name in self.items if name.startswith("rows/")):
            for number, line in self._lines(where):
                try:
                    row = _object(line)
                    key = (row["model"], row["version"])
                    self._row(row, key, is_repeated=key in seen or where != f"rows/{row['model']}.jsonl")
                    seen.add(key)
                except _UNREADABLE as error:
                    self.report.found(where, _why(error), number)
        for (model, version), listed in self.versions.items():
            if listed.stream != SITE and (model, version) not in seen:
                text = f"Version {version}, written by {listed.stream} {listed.seq}, is not there."
                self.report.found(f"rows/{model}.jsonl", text)
        for stream, seq in sorted(at for at in self.hashes.keys() | self.withheld if at[0] == SITE):
            if (stream, seq) not in self.told:
                self.report.found("chain/site.jsonl", f"Entry {seq} is here, and no row that it wrote.")
        self.report.count("row versions", len(seen))

    def _row(self, row: dict[str, Any], key: tuple[str, str], *, is_repeated: bool) -> None:
        values, at = row["values"], (row["stream"], row["seq"])
        said = f"version {key[1]} of {key[0]} {row['pk']}"
        if is_repeated:
            raise ValueError(f"{said} is there twice, or in the wrong file")
        sealed = digest({"model": row["history"], "values": values})
        listed = self.versions.get(key)
        if at in self.withheld:
            self.report.count("row versions whose entry is withheld")
        elif listed is None or (listed.stream, listed.seq) != at:
            raise ValueError(f"{said} is in no entry of this export")
        elif listed.digest != sealed:
            raise ValueError(f"{said} is not what was sealed")
        in_full = row.get("json", {})
        for field, full in in_full.items():
            if values.get(field) != digest({"value": as_text(full)}):
                raise ValueError(f"{said}: {field} is not what was sealed")
        kinds = {field: with_kinds(full) for field, full in in_full.items() if full}
        if listed and listed.json and listed.json != digest({"kinds": kinds}):
            raise ValueError(f"{said}: a number in it was sealed as text, or a text as a number")
        self.told.add(at)
        self.rows.setdefault((key[0], str(row["pk"])), []).append(values)
        if key[0] == ATTACHED:
            self.attached.add(str(values["sha256"]))

    def _signatures(self) -> None:
        seen: set[str] = set()
        for number, line in self._lines("signatures.jsonl"):
            try:
                given = _object(line)
                if given["id"] in seen:
                    raise ValueError(f"signature {given['id']} is there twice")
                seen.add(given["id"])
                self._signature(given)
            except _UNREADABLE as error:
                self.report.found("signatures.jsonl", _why(error), number)
        for missing in self.signatures.keys() - seen:
            listed = self.signatures[missing]
            text = f"Signature {missing}, given in {listed.stream} {listed.seq}, is not there."
            self.report.found("signatures.jsonl", text)
        self.report.count("signatures", len(seen))

    def _signature(self, given: dict[str, Any]) -> None:
        values, said = given["values"], f"signature {given['id']}"
        listed = self.signatures.get(given["id"])
        if (given["stream"], given["seq"]) in self.withheld:
            self.report.count("signatures whose entry is withheld")
            return
        if listed is None or (listed.stream, listed.seq) != (given["stream"], given["seq"]):
            raise ValueError(f"{said} is in no entry of this export")
        if digest({"model": "signatures.Signature", "values": values}) != listed.digest:
            raise ValueError(f"{said} was changed or moved")
        signed = given["signed"]
        if signed is None:
            self.report.count("signatures over rows that are withheld")
            return
        if digest({"signed": signed}) != values["digest"]:
            raise ValueError(f"{said} does not cover the rows given with it")
        for row in signed:
            versions, covers = self.rows.get((row["model"], row["pk"]), []), given["covers"][row["model"]]
            if not set(row["values"]) <= set(covers):
                raise ValueError(f"{said} covers more of {row['model']} than it says")
            if not any(_holds(version, row["values"], covers) for version in versions):
                raise ValueError(f"{said} covers {row['model']} {row['pk']} as no version has it")
            if given["holds"] and not _holds(versions[-1], row["values"], covers):
                raise ValueError(f"{said} is said to hold, but {row['model']} {row['pk']} was changed since")
        if not given["holds"]:
            self.report.count("signatures superseded by a later change")

    def _attachments(self) -> None:
        for name, item in self.items.items():
            if name.startswith("attachments/") and name != f"attachments/{item.sha256}":
                self.report.found(name, "Its SHA-256 is not its name.")
        for sha256 in self.attached:
            if f"attachments/{sha256}" not in self.items:
                self.report.found(f"attachments/{sha256}", "A row names this file and it is not there.")

    def _checkpoints(self) -> None:
        links: dict[int, dict[str, Any]] = {}
        prev = None
        for line_number, line in self._lines("checkpoints/links.jsonl"):
            one = _object(line)
            if link(one["prev"], one["leaf"]) != one["hash"] or one["prev"] != (prev or one["prev"]):
                text = f"Checkpoint {one['number']} is not linked to the one before."
                self.report.found("checkpoints/links.jsonl", text, line_number)
            links[one["number"]], prev = one, one["hash"]
        covered: dict[str, int] = {}
        signers: set[str] = set()
        for where in sorted(n for n in self.items if n.startswith("checkpoints/") and n.endswith(".json")):
            try:
                self._checkpoint(where, links, covered, signers)
            except _UNREADABLE as error:
                self.report.found(where, _why(error))
        for stream in self.report.manifest["streams"]:
            reached = covered.get(stream["stream"], 0)
            if not reached:
                self.report.found("checkpoints", f"No checkpoint covers {stream['stream']}: its end may be cut off.")
            elif reached < stream["seq"]:
                text = f"{stream['stream']} is covered by a checkpoint up to entry {reached} of {stream['seq']}"
                self.report.notes.append(f"{text}: a cut after that would show nowhere else.")
        if self.sealed_by and self.sealed_by not in signers:
            self.report.found("manifest.signature", "It is made with a key that signed none of the checkpoints.")

    def _checkpoint(
        self, where: str, links: dict[int, dict[str, Any]], covered: dict[str, int], signers: set[str]
    ) -> None:
        given = _object(self.items[where].data)
        payload = given["payload"].encode()
        signers.add(self._signed(given["public_key"], given["signature"], payload, where))
        content = _object(payload)
        at = links[content["number"]]
        if where != f"checkpoints/{content['number']:09}.json":
            raise ValueError(f"it says that it is checkpoint {content['number']}")
        if (at["prev"], at["leaf"], at["hash"]) != (content["prev"], leaf_of(payload), given["hash"]):
            raise ValueError("it is not the checkpoint its place in the chain says")
        for stream, seq, stated in given["heads"]:
            if leaf_of(canonical({"hash": stated, "seq": seq, "stream": stream})) not in content["leaves"]:
                raise ValueError(f"it does not commit to {stream} {seq}")
            if self.hashes.get((stream, seq)) != stated:
                raise ValueError(f"it commits to another {stream} {seq} than the one in this export")
            covered[stream] = max(covered.get(stream, 0), seq)
        self.report.count("checkpoints")

    def _signed(self, public_key: str, signature: str, message: bytes, where: str) -> str:
        """Check a signature, where that can be done; return the fingerprint of its key."""
        key = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()
        self.report.keys.setdefault(key, where)
        if Ed25519PublicKey is None:
            return key
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), message)
            self.report.count("signatures of the key")
        except Exception:
            self.report.found(where, "It is not signed by the key it names.")
        return key

    def _item(self, name: str) -> Item:
        if name not in self.items:
            raise ValueError(f"{name} is not there")
        return self.items[name]

    def _lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        data = self._item(name).data
        if data and not data.endswith(b"\n"):
            self.report.found(name, "The last line is cut short.")
        return ((number, line) for number, line in enumerate(data.split(b"\n"), 1) if line)


def _holds(version: dict[str, Any], signed: dict[str, Any], covers: list[str]) -> bool:
    """Whether a version has what was signed. A value that is its column's default stands in neither."""
    return all(version.get(field, _DEFAULT) == signed.get(field, _DEFAULT) for field in covers)


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, ValueError) else f"it can't be read: {type(error).__name__} {error}"


def _object(raw: bytes) -> dict[str, Any]:
    value = json.loads(raw.decode())
    if not isinstance(value, dict):
        raise ValueError("the JSON is no object")
    return value


# --- Telling -------------------------------------------------------------------------------------------------------


def verify(path: Path, stated: Collection[str] = ()) -> Report:
    """Check an export, and its keys against the fingerprints `stated`; raises OSError when it can't be opened."""
    report = Report()
    try:
        items = read_folder(path) if path.is_dir() else read_zip(path, report)
    except _UNREADABLE as error:
        items = {}
        report.found(path.name, _why(error))
    Export(items, report).check()
    for key, where in report.keys.items():
        if stated and key not in stated:
            report.found(where, f"It is signed with the key {key}, which is none of those stated.")
    return report


def main(arguments: list[str]) -> int:
    """Check the export named and tell; 0 as sealed, 1 findings, 2 nothing to check."""
    parser = argparse.ArgumentParser("verify_export.py", description="Check an export of one batch.")
    parser.add_argument("export", type=Path, help="the ZIP, or a folder into which it was unpacked")
    told = "a key the laboratory states, by the SHA-256 of its public key; any other is a finding"
    parser.add_argument("--key", action="append", default=[], type=_fingerprint, metavar="FINGERPRINT", help=told)
    asked = parser.parse_args(arguments)
    path = asked.export
    try:
        report = verify(path, asked.key)
        if not path.is_dir():
            sha256 = hashlib.sha256()
            with path.open("rb") as file:
                for chunk in iter(lambda: file.read(_CHUNK), b""):
                    sha256.update(chunk)
            print(f"SHA-256 of the file: {sha256.hexdigest()}")
    except OSError as error:
        print(f"The file can't be read: {error}")
        return 2
    for key in sorted(report.keys):
        print(f"Key (SHA-256 of the public key): {key}")
    print(f"Batch {_shown(report.manifest.get('batch', 'unknown'))}: {_counted(report)}.")
    if Ed25519PublicKey is None:
        report.notes.append("Signatures of the key were NOT checked: the Python package cryptography is not here.")
    for note in report.notes:
        print(f"Note: {_shown(note)}")
    for finding in report.findings:
        line = f", line {finding.line}" if finding.line else ""
        print(f"Finding: {_shown(finding.where)}{line}: {_shown(finding.text)}")
    if not asked.key:
        print(f"A seal is worth what its key is. This one's key: {', '.join(sorted(report.keys)) or 'none'}.")
        print("Compare this fingerprint with the one the laboratory states, or give that one with --key FINGERPRINT.")
    if report.findings:
        print(f"NOT as sealed: {len(report.findings)} findings.")
    elif Ed25519PublicKey is None:
        print("As sealed as far as could be checked: the signatures of the key were NOT checked.")
    else:
        print("As sealed.")
    return int(bool(report.findings))


def _fingerprint(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text.lower()):
        raise argparse.ArgumentTypeError("a fingerprint is 64 characters, 0 to 9 and a to f")
    return text.lower()


def _counted(report: Report) -> str:
    return ", ".join(f"{number} {what}" for what, number in report.counts.items()) or "nothing could be read"


def _shown(text: object) -> str:
    """Text that any terminal shows and that moves no cursor."""
    return str(text).encode("unicode_escape").decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
