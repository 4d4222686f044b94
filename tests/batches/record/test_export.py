"""The export of a batch: whole, of this batch only, and checked by a program that shares nothing with ours."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from batches.commands.paper import import_passages
from batches.record.export import Unexportable, write_export
from lims.files import path_of
from lims.ledger import chain, verify_export
from lims.ledger.exporting import write_zip
from lims.program import program
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.cast import signed
from tests.lims.ledger.test_chain import CONTENT, HASHES

CHANCE = random.Random(31)
PROGRAM = Path(verify_export.__file__)

Files = dict[str, bytes]
_made: dict[str, bytes] = {}


@pytest.fixture(autouse=True)
def _own_files(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    ours: LazySettings = request.getfixturevalue("settings")
    ours.MEDIA_ROOT = tmp_path / "files"


def exported(story: Story) -> bytes:
    """The export of a story's batch."""
    out = io.BytesIO()
    write_export(story.fresh(), out)
    return out.getvalue()


def a_photo() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(out, "JPEG")
    return SimpleUploadedFile("p0.jpg", out.getvalue(), "image/jpeg")


def two_stories(story: Story) -> tuple[Story, Story]:
    """Two batches by the same people from the same lots; the first with a photo, a correction and paper passages."""
    other = Story(story.cast)
    story.isolate()
    other.isolate()
    story.wait(days=2)
    row = story.observe(photo=a_photo())
    story.correct(row, "confluence_pct", "75")
    lines = f"batch,passage,cells_seeded,cells_harvested\n{story.batch},11,1e4,1e5\n{other.batch},11,1e4,2e5\n"
    cast = story.cast
    import_passages(
        cast.technician,
        content=lines.encode(),
        file_name="backlog.csv",
        column_map={},
        signatures=signed((Meaning.TRANSCRIBED, cast.technician), (Meaning.CHECKED, cast.second_technician)),
    )
    return story, other


@pytest.fixture
def whole(story: Story) -> bytes:
    """The bytes of an export of the first of two batches; made once."""
    if "zip" not in _made:
        _made["zip"] = exported(two_stories(story)[0])
    return _made["zip"]


def findings(content: bytes, place: Path) -> list[str]:
    """What the offline check finds, with file and line."""
    place.write_bytes(content)
    return [f"{f.where}:{f.line} {f.text}" for f in verify_export.verify(place).findings]


def files_of(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def signed_anew(key: Ed25519PrivateKey, message: bytes) -> dict[str, str]:
    return {"signature": key.sign(message).hex(), "public_key": key.public_key().public_bytes_raw().hex()}


def forged(files: Files, *, careless: bool = False) -> bytes:
    """The files as somebody would hand them out who can do all but sign: manifest and ZIP made anew, another key.

    Somebody careless leaves the laboratory's key on the checkpoints.
    """
    key = Ed25519PrivateKey.generate()
    for name in [n for n in files if n.startswith("checkpoints/0") and not careless]:
        with suppress(ValueError, TypeError, LookupError, AttributeError):
            told = json.loads(files[name])
            files = {**files, name: json.dumps(told | signed_anew(key, told["payload"].encode())).encode()}
    manifest = json.loads(files["manifest.json"])
    rest = {name: data for name, data in files.items() if not name.startswith("manifest.")}
    manifest["files"] = [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(rest.items())
    ]
    raw = json.dumps(manifest).encode()
    seal = {"sha256": hashlib.sha256(raw).hexdigest(), **signed_anew(key, raw)}
    out = io.BytesIO()
    write_zip({**rest, "manifest.json": raw, "manifest.signature": json.dumps(seal).encode()}, out)
    return out.getvalue()


def run(*argv: str, at: Path, blocked: bool = False) -> subprocess.CompletedProcess[str]:
    """The program alone, as an inspector runs it; `blocked` is a machine without any package."""
    flags = ["-I", "-S"] if blocked else ["-I"]
    return subprocess.run([sys.executable, *flags, *argv], cwd=at, capture_output=True, text=True, check=False)


@pytest.mark.clause("11.10(b)", "A11-17", "R31")
def test_an_export_is_as_sealed_and_holds_everything(whole: bytes, tmp_path: Path) -> None:
    assert findings(whole, tmp_path / "export.zip") == []
    files = files_of(whole)
    manifest = json.loads(files["manifest.json"])
    assert files["record.pdf"].startswith(b"%PDF-")
    assert json.loads(files["record.json"])["format"] == "batch-record/1"
    assert [s["stream"] for s in manifest["streams"]] == ["B-0001", "P-001"]
    assert manifest["is_synthetic"] is True
    assert manifest["program"] == program()
    assert len([n for n in files if n.startswith("attachments/")]) == 1
    for label in ("accounts.User", "batches.Lot", "batches.Equipment", "batches.MasterBatchRecord"):
        assert f"rows/{label}.jsonl" in files
    process = json.loads(files["rows/batches.MasterBatchRecord.jsonl"])
    assert process["json"]["content"]["steps"], "the process is there in full, not only by its digest"


def test_nothing_of_another_patient_is_in_it(story: Story) -> None:
    story, other = two_stories(story)
    content = exported(story)
    patient = other.fresh().patient
    secrets = (patient.code, patient.name, patient.medical_record_number, other.batch.number, other.batch.coi)
    files = files_of(content)
    for secret in secrets:
        assert [name for name, data in files.items() if secret.encode() in data] == []
    paper = [json.loads(line) for line in files["rows/batches.PaperPassage.jsonl"].splitlines()]
    assert [row["values"]["line"] for row in paper] == [story.batch.number]


def test_the_same_facts_give_the_same_bytes(story: Story) -> None:
    story.harvest()
    assert exported(story) == exported(story)


def test_the_corrected_signature_reads_superseded_and_still_proves_what_was_signed(whole: bytes) -> None:
    given = [json.loads(line) for line in files_of(whole)["signatures.jsonl"].splitlines()]
    observed = [s for s in given if s["values"]["subject_model"] == "batches.Observation"]
    assert [s["holds"] for s in observed] == [False, True, True]
    covered = [next(r for r in s["signed"] if r["model"] == "batches.Observation") for s in observed]
    assert [row["values"]["confluence_pct"] for row in covered] == ["80.00", "75.00", "75.00"]


@pytest.mark.clause("11.30", "A11-17", "R31", "R43")
def test_one_changed_byte_anywhere_is_found_and_its_file_named(whole: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        directory, members = archive.start_dir, archive.infolist()
    # As often in the headers and in the directory as in the files, which are most of the bytes.
    anywhere = [CHANCE.randrange(len(whole)) for _ in range(80)]
    headers = [m.header_offset + CHANCE.randrange(30 + len(m.filename)) for m in members for _ in range(2)]
    behind = [CHANCE.randrange(directory, len(whole)) for _ in range(80)]
    for at in anywhere + headers + behind:
        changed = bytearray(whole)
        changed[at] ^= CHANCE.randrange(1, 256)
        found = findings(bytes(changed), tmp_path / "export.zip")
        assert found, at
        if at < directory:
            inside = [m.filename for m in members if m.header_offset <= at][-1]
            assert any(inside in line for line in found), (at, found)


def test_an_export_cut_short_or_with_something_behind_it_is_found(whole: bytes, tmp_path: Path) -> None:
    for _ in range(20):
        assert findings(whole[: CHANCE.randrange(len(whole))], tmp_path / "export.zip")
        assert findings(whole + CHANCE.randbytes(1 + CHANCE.randrange(50)), tmp_path / "export.zip")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary() | st.binary().map(lambda b: b"PK\x03\x04" + b))
def test_garbage_is_a_finding_and_never_a_crash(tmp_path: Path, content: bytes) -> None:
    assert findings(content, tmp_path / "export.zip")


ODD: tuple[Any, ...] = (None, True, 0, -1, 2**64, 0.5, "", "\ud800", "é\x1b[2J", [], {}, [None], {"": 1}, [[1, 2, 3]])


@pytest.mark.parametrize("name", ["manifest.json", "manifest.signature", "signatures.jsonl", "chain", "rows", "check"])
def test_any_value_anywhere_is_a_finding_and_never_a_crash(name: str, whole: bytes, tmp_path: Path) -> None:
    files = files_of(whole)
    names = [n for n in sorted(files) if n.startswith(name)]
    for _ in range(60):
        chosen = CHANCE.choice(names)
        lines = files[chosen].split(b"\n") if chosen.endswith("l") else [files[chosen]]
        number = CHANCE.randrange(max(len(lines) - 1, 1))
        told = json.loads(lines[number])
        inside: Any = told
        while True:
            key = CHANCE.choice(sorted(inside) if isinstance(inside, dict) else range(len(inside)))
            if not isinstance(inside[key], dict | list) or not inside[key] or CHANCE.random() < 0.3:
                break
            inside = inside[key]
        if inside[key] in ODD:
            continue
        inside[key] = CHANCE.choice(ODD)
        lines[number] = json.dumps(told).encode()
        out = io.BytesIO()
        write_zip({**files, chosen: b"\n".join(lines)}, out)
        assert findings(out.getvalue(), tmp_path / "export.zip"), (chosen, key, inside[key])
        if not name.startswith("manifest"):
            findings(forged({**files, chosen: b"\n".join(lines)}), tmp_path / "export.zip")


def lines_of(files: Files, name: str) -> list[bytes]:
    return files[name].splitlines(keepends=True)


def swap_lines(name: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        lines = lines_of(files, name)
        lines[1], lines[2] = lines[2], lines[1]
        files[name] = b"".join(lines)

    return change


def drop_line(name: str, number: int = -1) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        lines = lines_of(files, name)
        del lines[number]
        files[name] = b"".join(lines)

    return change


def replace(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return change


def cut_tail(files: Files) -> None:
    """The last act of the batch taken away, with what it wrote: only a checkpoint knows better."""
    last = json.loads(lines_of(files, "chain/B-0001.jsonl")[-1])
    drop_line("chain/B-0001.jsonl")(files)
    for name in [n for n in files if n.startswith("rows/")]:
        rows = [line for line in lines_of(files, name) if not _is_of(line, last["payload"]["seq"])]
        files[name] = b"".join(rows)
    files["signatures.jsonl"] = b"".join(
        line for line in lines_of(files, "signatures.jsonl") if not _is_of(line, last["payload"]["seq"])
    )
    manifest = json.loads(files["manifest.json"])
    manifest["streams"][0] |= {"seq": last["payload"]["seq"] - 1, "hash": last["prev"]}
    files["manifest.json"] = json.dumps(manifest).encode()


def _is_of(line: bytes, seq: int) -> bool:
    told = json.loads(line)
    return bool(told["stream"] == "B-0001" and told["seq"] == seq)


# What a forger changes, and where the check finds it although manifest and ZIP were made anew.
FORGERIES: dict[str, tuple[Callable[[Files], None], str]] = {
    "an entry changed": (replace("chain/B-0001.jsonl", b'"Aoki Ren"', b'"Aoki Rem"'), "chain/B-0001.jsonl:3"),
    "entries swapped": (swap_lines("chain/B-0001.jsonl"), "chain/B-0001.jsonl:2"),
    "an entry dropped": (drop_line("chain/B-0001.jsonl", 2), "chain/B-0001.jsonl:3"),
    "the tail cut": (cut_tail, "checkpoints/000000001.json"),
    "a value changed": (
        replace("rows/batches.Count.jsonl", b'"method":"', b'"method":"x'),
        "rows/batches.Count.jsonl:1",
    ),
    "a limit changed": (replace("rows/batches.MasterBatchRecord.jsonl", b'"title"', b'"Title"'), "content is not"),
    "a version dropped": (drop_line("rows/batches.Observation.jsonl", 0), "rows/batches.Observation.jsonl:0"),
    "a version of the site changed": (
        replace("rows/batches.Lot.jsonl", b"Synthetic", b"Natural"),
        "rows/batches.Lot.jsonl:",
    ),
    "a version twice": (
        lambda files: files.update({"rows/batches.Lot.jsonl": lines_of(files, "rows/batches.Lot.jsonl")[0] * 2}),
        "rows/batches.Lot.jsonl:2",
    ),
    "a signature dropped": (drop_line("signatures.jsonl", 0), "signatures.jsonl:0"),
    "a signature changed": (replace("signatures.jsonl", b'"issued"', b'"checked"'), "signatures.jsonl:1"),
    "a superseded signature said to hold": (
        replace("signatures.jsonl", b'"holds":false', b'"holds":true'),
        "signatures.jsonl:",
    ),
    "a signed value changed": (
        replace("signatures.jsonl", b'"confluence_pct":"80.00"', b'"confluence_pct":"81.00"'),
        "signatures.jsonl:",
    ),
    "a photo replaced": (
        lambda files: files.update({n: b"another" for n in files if n.startswith("attachments/")}),
        "attachments/",
    ),
    "a photo dropped": (
        lambda files: [files.pop(n) for n in list(files) if n.startswith("attachments/")] and None,
        "attachments/",
    ),
    "a checkpoint dropped from its chain": (drop_line("checkpoints/links.jsonl", 0), "checkpoints/000000001.json"),
    "a number in JSON made text": (
        replace("rows/batches.MasterBatchRecord.jsonl", b'"target_cells":100000000', b'"target_cells":"100000000"'),
        "a number in it was sealed as text, or a text as a number",
    ),
    "the rows of a model of the site dropped": (
        lambda files: files.pop("rows/batches.Lot.jsonl") and None,
        "chain/site",
    ),
    "every checkpoint dropped": (
        lambda files: [files.pop(n) for n in list(files) if n.startswith("checkpoints/0")] and None,
        "No checkpoint covers B-0001",
    ),
    "a checkpoint over another head": (
        replace("checkpoints/000000001.json", b'"B-0001"', b'"B-0002"'),
        "commit to B-0002",
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_found_where_it_was_made(what: str, whole: bytes, tmp_path: Path) -> None:
    change, where = FORGERIES[what]
    files = files_of(whole)
    change(files)
    found = findings(forged(files), tmp_path / "export.zip")
    assert any(where in line for line in found), found
    assert what == "every checkpoint dropped" or not any(line.startswith("manifest") for line in found), (
        "the forger saw to the manifest"
    )


def test_an_export_signed_with_a_strangers_key_is_found_or_its_key_is_said_to_be_what_it_is_worth(
    whole: bytes, tmp_path: Path
) -> None:
    files = files_of(whole)
    replace("record.json", b'"B-0001"', b'"B-0009"')(files)
    place = tmp_path / "export.zip"
    found = findings(forged(files, careless=True), place)
    assert found == ["manifest.signature:0 It is made with a key that signed none of the checkpoints."]

    assert findings(forged(files), place) == [], "nothing in the file tells a key from a laboratory's"
    used = key_of(files_of(place.read_bytes()))
    done = run(str(PROGRAM), "export.zip", at=tmp_path)
    assert done.returncode == 0
    assert used in done.stdout.splitlines()[-3]
    assert "the one the laboratory states" in done.stdout.splitlines()[-2]
    done = run(str(PROGRAM), "export.zip", "--key", key_of(files_of(whole)), at=tmp_path)
    assert done.returncode == 1
    assert f"signed with the key {used}, which is none of those stated" in done.stdout


def key_of(files: Files) -> str:
    """The fingerprint of the key that signed an export."""
    return hashlib.sha256(bytes.fromhex(json.loads(files["manifest.signature"])["public_key"])).hexdigest()


def test_an_export_is_as_sealed_by_the_key_that_is_stated(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(whole)
    stated = key_of(files_of(whole))
    for keys in ([stated], [stated.upper()], ["0" * 64, stated]):
        done = run(str(PROGRAM), *(f"--key={key}" for key in keys), "export.zip", at=tmp_path)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "As sealed.")
        assert "--key" not in done.stdout
    for wrong in (["--key", "abc", "export.zip"], ["--key"], []):
        assert run(str(PROGRAM), *wrong, at=tmp_path).returncode == 2


def test_after_a_change_of_the_key_an_export_holds_a_checkpoint_of_the_new_one(story: Story, tmp_path: Path) -> None:
    story.harvest()
    before = exported(story)
    with override_settings(CHECKPOINT_KEY=tmp_path / "another.pem"):
        after = exported(story)
        assert exported(story) == after, "one checkpoint is enough"
    assert key_of(files_of(before)) != key_of(files_of(after))
    assert findings(after, tmp_path / "export.zip") == []
    done = run(str(PROGRAM), "--key", key_of(files_of(after)), "export.zip", at=tmp_path)
    assert key_of(files_of(before)) in done.stdout, "the laboratory states both"
    assert done.returncode == 1


def test_every_member_that_is_dropped_is_named(whole: bytes, tmp_path: Path) -> None:
    files = files_of(whole)
    for name in files:
        out = io.BytesIO()
        write_zip({n: data for n, data in files.items() if n != name}, out)
        assert any(name in line for line in findings(out.getvalue(), tmp_path / "export.zip")), name


@pytest.mark.clause("11.10(b)", "A11-17", "R31")
def test_an_inspector_runs_it_from_an_empty_folder_with_nothing_installed(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(whole)
    (tmp_path / "verify_export.py").write_bytes(files_of(whole)["verify_export.py"])
    for blocked in (False, True):
        done = run("verify_export.py", "export.zip", at=tmp_path, blocked=blocked)
        assert (done.returncode, done.stderr) == (0, "")
        assert hashlib.sha256(whole).hexdigest() in done.stdout
        sealed = "As sealed as far as could be checked: the signatures of the key were NOT checked." if blocked else ""
        assert done.stdout.splitlines()[-1] == (sealed or "As sealed.")
        assert "1 acts also name other patients or batches" in done.stdout, "the paper backlog of both batches"
        assert ("NOT checked" in done.stdout) == blocked


def test_it_checks_an_unpacked_folder_and_names_the_line(whole: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    for name, content in files_of(whole).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert run(str(PROGRAM), "export", at=tmp_path).returncode == 0
    chained = folder / "chain" / "B-0001.jsonl"
    chained.write_bytes(chained.read_bytes().replace(b'"refused":false', b'"refused":true ', 1))
    done = run(str(PROGRAM), "export", at=tmp_path, blocked=True)
    assert done.returncode == 1
    assert "Finding: chain/B-0001.jsonl, line 1: " in done.stdout


def test_a_file_of_the_record_that_is_damaged_stops_the_export(story: Story) -> None:
    story.isolate()
    story.wait(days=1)
    row = story.observe(photo=a_photo())
    path_of(row.attachments.get().sha256).write_bytes(b"damaged")
    with pytest.raises(Unexportable, match=r"p0\.jpg"):
        exported(story)


def test_python_3_9_reads_it_and_it_imports_nothing_of_the_project() -> None:
    tree = ast.parse(PROGRAM.read_text(), feature_version=(3, 9))
    named = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    known = {"__future__", "cryptography", *sys.stdlib_module_names}
    assert {str(name).split(".")[0] for name in named} <= known


@given(CONTENT, st.binary(), HASHES)
def test_its_arithmetic_is_that_of_the_ledger(content: dict[str, Any], payload: bytes, prev: str) -> None:
    assert verify_export.canonical(content) == chain.canonical(content)
    assert verify_export.digest(content) == chain.digest(content)
    assert verify_export.link(prev, verify_export.leaf_of(payload)) == chain.link(prev, payload)
