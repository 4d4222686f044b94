"""Finishing a file for the archive: made to PDF/A-3b (ISO 19005-3), with the data it was made from inside.

Says what the file is (XMP), what its colours mean (output intent), and attaches files with their relation to it. Not
here: pages and faces, which are embedded when they are drawn; nor the signature (seal.py), which comes last.
The same pages and attachments give the same bytes: no clock and no random identifier.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from lims.pdf import icc

PRODUCER = "ReportLab, pikepdf"


@dataclass(frozen=True, slots=True)
class Properties:
    """What the file says of itself."""

    title: str
    author: str
    subject: str
    language: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the file, given in pieces. `relation` is `Source` (made from it) or `Data` (proves or explains)."""

    name: str
    media_type: str
    relation: str
    description: str
    pieces: Iterable[bytes]


def finish(made: BinaryIO, out: BinaryIO, properties: Properties, attachments: Sequence[Attachment] = ()) -> None:
    """Write the finished form of the pages in `made` to `out`. Pages are copied one by one, never held together."""
    with pikepdf.open(made) as pdf:
        _describe(pdf, properties)
        _give_colours(pdf)
        if attachments:
            _attach(pdf, attachments)
        # Every stream is compressed already, and the metadata must not be.
        pdf.save(
            out,
            min_version="1.7",
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            deterministic_id=True,
        )


def _describe(pdf: Pdf, properties: Properties) -> None:
    """Title, language and kind, alike in the metadata and in the older dictionary; no date, which would be the clock's.

    When the record was as it is shown, each page says.
    """
    root = pdf.Root
    root.Metadata = pdf.make_stream(_xmp(properties), Type=Name.Metadata, Subtype=Name.XML)
    root.Lang = String(properties.language)
    root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(
            Title=String(properties.title),
            Author=String(properties.author),
            Subject=String(properties.subject),
            Creator=String(properties.author),
            Producer=String(PRODUCER),
        )
    )


def _give_colours(pdf: Pdf) -> None:
    profile = _compressed(pdf, [icc.srgb()], N=3)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String(icc.NAME),
        Info=String(icc.NAME),
        DestOutputProfile=profile,
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


def _attach(pdf: Pdf, attachments: Sequence[Attachment]) -> None:
    """Attach files to the document as a whole. The table of names is kept in order, as readers expect it."""
    made = []
    for attachment in sorted(attachments, key=lambda each: each.name):
        size = _Size()
        content = _compressed(
            pdf, size.of(attachment.pieces), Type=Name.EmbeddedFile, Subtype=Name("/" + attachment.media_type)
        )
        content.Params = Dictionary(Size=size.counted)
        name = String(attachment.name)
        described = Dictionary(
            Type=Name.Filespec,
            F=name,
            UF=name,
            Desc=String(attachment.description),
            AFRelationship=Name("/" + attachment.relation),
            EF=Dictionary(F=content, UF=content),
        )
        made.append((name, pdf.make_indirect(described)))
    names = [part for pair in made for part in pair]
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array(names)))
    pdf.Root.AF = Array([described for _name, described in made])


class _Size:
    """Counts the bytes that pass."""

    counted = 0

    def of(self, pieces: Iterable[bytes]) -> Iterable[bytes]:
        for piece in pieces:
            self.counted += len(piece)
            yield piece


def _compressed(pdf: Pdf, pieces: Iterable[bytes], **entries: object) -> Stream:
    """A stream of pieces, compressed as they come, so that only the small form is held."""
    deflate = zlib.compressobj()
    small = b"".join([*map(deflate.compress, pieces), deflate.flush()])
    return pdf.make_stream(small, Filter=Name.FlateDecode, **entries)


def _xmp(properties: Properties) -> bytes:
    title, author, subject, language = (
        escape(text) for text in (properties.title, properties.author, properties.subject, properties.language)
    )
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>3</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
   <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
   <pdf:Producer>{PRODUCER}</pdf:Producer>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <xmp:CreatorTool>{author}</xmp:CreatorTool>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()
