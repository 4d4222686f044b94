"""The pages of a paper import: look at a file, sign its import, read what was imported."""

from __future__ import annotations

import re
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from batches.models import PaperImport
from tests.batches.rules.test_paper import COLTER, COLTER_MAP
from tests.cast import PASSWORD, Cast

NAMES = {f"map_{ours}": theirs for ours, theirs in COLTER_MAP.items()}


def looked_at(client: Client, content: bytes = COLTER.read_bytes(), **names: str) -> str:
    """The address of the page that imports a file, once it was looked at."""
    upload = SimpleUploadedFile("backlog.csv", content, "text/csv")
    response = client.post("/imports/passages/", {"file": upload, **(names or NAMES)})
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def signed(cast: Cast, html: str) -> dict[str, str]:
    """The form as it was shown, with both signatures typed."""
    hidden = dict(re.findall(r'<input type="hidden" name="(sha256|file_name|column_map)" value="([^"]*)"', html))
    return {
        **{name: value.replace("&quot;", '"') for name, value in hidden.items()},
        "once": str(uuid.uuid4()),
        "transcribed-username": cast.technician.username,
        "transcribed-password": PASSWORD,
        "checked-username": cast.second_technician.username,
        "checked-password": PASSWORD,
    }


def test_a_file_is_looked_at_signed_and_read(client: Client, cast: Cast) -> None:
    client.force_login(cast.technician)
    url = looked_at(client)
    assert not PaperImport.objects.exists()
    html = client.get(url).content.decode()
    assert "2 printed totals disagree" in html
    response = client.post("/imports/passages/import/", signed(cast, html))
    assert response.status_code == 302, response.content.decode()
    html = client.get(response["Location"]).content.decode()
    assert html.count("Disagrees") == 2
    assert "Transcribed, " + cast.technician.printed_name in html
    assert "Checked, " + cast.second_technician.printed_name in html
    assert "backlog.csv" in client.get("/imports/").content.decode()


def test_a_missing_signature_keeps_everything_and_writes_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.technician)
    html = client.get(looked_at(client)).content.decode()
    typed = signed(cast, html) | {"checked-password": ""}
    response = client.post("/imports/passages/import/", typed)
    assert response.status_code == 422
    again = response.content.decode()
    assert typed["sha256"] in again
    assert cast.second_technician.username in again
    assert not PaperImport.objects.exists()


def test_a_double_click_imports_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.technician)
    typed = signed(cast, client.get(looked_at(client)).content.decode())
    client.post("/imports/passages/import/", typed)
    client.post("/imports/passages/import/", typed)
    assert PaperImport.objects.count() == 1


def test_a_row_that_cannot_be_true_is_named_with_its_line(client: Client, cast: Cast) -> None:
    client.force_login(cast.technician)
    upload = SimpleUploadedFile("bad.csv", b"batch,passage,cells_harvested\nL,1,5\n<b>L</b>,2,0\n", "text/csv")
    response = client.post("/imports/passages/", {"file": upload, "map_days": ""})
    assert response.status_code == 422
    html = response.content.decode()
    assert "Line 3: 0 cells" in html
    assert "PAP-03" in html
    assert "<b>L</b>" not in html


def test_names_of_columns_stay_typed_when_the_file_is_refused(client: Client, cast: Cast) -> None:
    client.force_login(cast.technician)
    upload = SimpleUploadedFile("bad.csv", b"a,b\n1,2\n", "text/csv")
    html = client.post("/imports/passages/", {"file": upload, **NAMES}).content.decode()
    assert 'value="cells_harvested_per_plate"' in html


def test_a_file_that_was_never_looked_at_is_not_found(client: Client, cast: Cast) -> None:
    client.force_login(cast.technician)
    for sha256 in ("0" * 64, "../../etc/passwd", ""):
        given = {"sha256": sha256, "file_name": "x", "column_map": "{}"}
        assert client.get("/imports/passages/import/", given).status_code == 404


def test_only_those_who_transcribe_may_import_and_everybody_of_the_record_may_read(client: Client, cast: Cast) -> None:
    client.force_login(cast.qa)
    assert client.get("/imports/").status_code == 200
    assert client.get("/imports/passages/").status_code == 403
    client.force_login(cast.administrator)
    assert client.get("/imports/").status_code == 403
