"""A file for the archive in the making: PDF/A-3b (ISO 19005-3), with the data it was made from inside.

Says what the file is (XMP), what its colours mean (output intent), and attaches files with their relation to it. Each
page is written when it is full and then forgotten: of a long document only the places of its objects are held. Not
here: how pages and faces are drawn; nor the signature (seal.py), which comes last.
The same pages and attachments give the same bytes: no clock and no random identifier.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFCatalog,
    PDFDictionary,
    PDFFormXObject,
    PDFImageXObject,
    PDFIndirectObject,
    PDFName,
    PDFObject,
    PDFObjectReference,
    PDFStream,
    PDFString,
    xObjectName,
)
from reportlab.pdfgen.canvas import Canvas

from lims.pdf import icc

PRODUCER = "ReportLab"
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
CATALOG = (*PDFCatalog.__NoDefault__, "AF", "OutputIntents")


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


class Archive:
    """The file of what is drawn on a canvas. `let_go` of each page that is full, then `finish`."""

    def __init__(self, canvas: Canvas, out: BinaryIO) -> None:
        self._canvas = canvas
        self._document = canvas._doc
        self._out = out
        self._size = 0
        self._digest = hashlib.sha256()
        self._put(HEADER)

    def reserve(self, form: str, width: float, height: float) -> None:
        """A form that pages may name now, and whose content comes later (`fill`)."""
        reserved = PDFFormXObject(0, 0, width, height)
        reserved.compression = 1
        self._document.Reference(reserved, xObjectName(form))

    def fill(self, form: str, operators: Iterable[str]) -> None:
        """Write the content of a form that was reserved."""
        name = xObjectName(form)
        self._document.idToObject[name].setStreamList([*operators, ""])
        self._write(name)

    def let_go(self) -> None:
        """Write the page that was ended last, with its pictures, and hold it no longer."""
        pages = self._document.Pages.pages
        page = pages[-1]
        name = page.__InternalName__
        small = zlib.compress(page.stream.encode("latin-1"))
        page.stream = None
        page.Contents = PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode")}), small)
        pages[-1] = PDFObjectReference(name)
        self._write(name)
        self._write(page.Contents.__InternalName__)
        for used in page.XObjects.dict if page.XObjects else ():
            picture = self._document.idToObject[used]
            if isinstance(picture, PDFImageXObject) and picture.streamContent is not None:
                self._write(used)
                # The canvas asks for its size when it is drawn again.
                picture.streamContent = None
                self._document.idToObject[used] = picture

    def finish(self, properties: Properties, attachments: Sequence[Attachment] = ()) -> None:
        """Write what is left: faces, bookmarks, what the file says of itself, attachments, the table of objects."""
        document, catalog = self._document, self._document.Catalog
        for face in document.delayedFonts:
            face.addObjects(document)
        document.Outlines.prepare(document, self._canvas)
        if document.Outlines.ready < 0:
            catalog.Outlines = None
        # Reportlab's list of what a catalogue may hold is older than part 3 of the standard.
        catalog.__NoDefault__ = CATALOG
        self._describe(properties)
        catalog.OutputIntents = PDFArray([self._intent()])
        if attachments:
            self._attach(attachments)
        root, info = document.Reference(catalog), document.Reference(document.info)
        # Writing an object may bring others in.
        number = 1
        while number <= document.objectcounter:
            name = document.numberToId[number]
            if name not in document.idToOffset:
                self._write(name)
            number += 1
        self._end(root, info)

    def _describe(self, properties: Properties) -> None:
        """Title, language and kind, alike in the metadata and in the older dictionary; no date, which would be the
        clock's. When the record was as it is shown, each page says.
        """
        document, catalog = self._document, self._document.Catalog
        # Kept as it is: an archive finds the metadata of a file without decompressing anything.
        described = PDFDictionary({"Type": PDFName("Metadata"), "Subtype": PDFName("XML")})
        catalog.Metadata = PDFStream(described, _xmp(properties))
        catalog.Lang = PDFString(properties.language)
        catalog.ViewerPreferences = PDFDictionary({"DisplayDocTitle": "true"})
        document.info = PDFDictionary(
            {
                "Title": PDFString(properties.title),
                "Author": PDFString(properties.author),
                "Subject": PDFString(properties.subject),
                "Creator": PDFString(properties.author),
                "Producer": PDFString(PRODUCER),
            }
        )

    def _intent(self) -> PDFObjectReference:
        profile = self._document.Reference(_compressed([icc.srgb()], N=3))
        intent = {
            "Type": PDFName("OutputIntent"),
            "S": PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": PDFString(icc.NAME),
            "Info": PDFString(icc.NAME),
            "DestOutputProfile": profile,
        }
        return self._document.Reference(PDFDictionary(intent))

    def _attach(self, attachments: Sequence[Attachment]) -> None:
        """Attach files to the document as a whole. The table of names is kept in order, as readers expect it."""
        names: list[PDFObject] = []
        made: list[PDFObjectReference] = []
        for attachment in sorted(attachments, key=lambda each: each.name):
            size = _Size()
            # Reportlab would leave the slash as it is, and a slash begins another name.
            kind = PDFName(attachment.media_type).replace("/", "#2f").replace("#2f", "/", 1)
            content = _compressed(size.of(attachment.pieces), Type=PDFName("EmbeddedFile"), Subtype=kind)
            content.dictionary["Params"] = PDFDictionary({"Size": size.counted})
            held = self._document.Reference(content)
            self._write(held.name)
            name = PDFString(attachment.name)
            described = {
                "Type": PDFName("Filespec"),
                "F": name,
                "UF": name,
                "Desc": PDFString(attachment.description),
                "AFRelationship": PDFName(attachment.relation),
                "EF": PDFDictionary({"F": held, "UF": held}),
            }
            made.append(self._document.Reference(PDFDictionary(described)))
            names += [name, made[-1]]
        catalog = self._document.Catalog
        catalog.Names = PDFDictionary({"EmbeddedFiles": PDFDictionary({"Names": PDFArray(names)})})
        catalog.AF = PDFArray(made)

    def _write(self, name: str) -> None:
        """Write one object and forget what it says."""
        document = self._document
        written = PDFIndirectObject(name, document.idToObject[name]).format(document)
        content, stream, after = written.rpartition(b"endstream\nendobj\n")
        if stream and not after:
            # The standard wants the word on a line of its own; a line's end that is the stream's last byte is none.
            written = content + b"\n" + stream
        document.idToOffset[name] = self._size
        document.idToObject[name] = None
        self._put(written)

    def _end(self, root: PDFObjectReference, info: PDFObjectReference) -> None:
        document, count = self._document, self._document.objectcounter + 1
        identifier = self._digest.hexdigest()[:32].encode()
        begins = self._size
        lines = [b"xref\n0 %d\n0000000000 65535 f \n" % count]
        lines += [b"%010d 00000 n \n" % document.idToOffset[document.numberToId[n]] for n in range(1, count)]
        trailer = PDFDictionary(
            {"ID": b"[<%b> <%b>]" % (identifier, identifier), "Info": info, "Root": root, "Size": count}
        )
        lines += [b"trailer\n", trailer.format(document), b"\nstartxref\n%d\n%%%%EOF\n" % begins]
        self._put(b"".join(lines))

    def _put(self, content: bytes) -> None:
        self._out.write(content)
        self._digest.update(content)
        self._size += len(content)


def finish(canvas: Canvas, out: BinaryIO, properties: Properties) -> None:
    """Write a document of few pages, all of them drawn."""
    Archive(canvas, out).finish(properties)


class _Size:
    """Counts the bytes that pass."""

    counted = 0

    def of(self, pieces: Iterable[bytes]) -> Iterable[bytes]:
        for piece in pieces:
            self.counted += len(piece)
            yield piece


def _compressed(pieces: Iterable[bytes], **entries: object) -> PDFStream:
    """A stream of pieces, compressed as they come, so that only the small form is held."""
    deflate = zlib.compressobj()
    small = b"".join([*map(deflate.compress, pieces), deflate.flush()])
    return PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode"), **entries}), small)


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
