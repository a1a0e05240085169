"""What a file is that no format reads, so that people know which it is and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from console.sources.units import LOOKED_AT, is_record_header

LEAVE = "leave it out: name those to follow in [[sources]] of console.toml"
_PACKED = f"unpack it, or {LEAVE}"
_TEXT = (
    frozenset(b"\t\n\r\x0b\x0c\x1b\x08") | frozenset(range(32, 127)) | frozenset(range(128, 256))
)
_NO_TEXT = bytes(sorted(frozenset(range(256)) - _TEXT))
_CONTROLS, _ODD, _LEAST = 0.03, 0.3, 32
_TAR_AT, _TAR = 257, b"ustar"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of another kind."""

    what: str
    mend: str = LEAVE


_MAGICS: tuple[tuple[bytes, Foreign], ...] = (
    (b"\xff\xfe\x00\x00", Foreign("text in UTF-32", "write it in UTF-8")),
    (b"\x00\x00\xfe\xff", Foreign("text in UTF-32", "write it in UTF-8")),
    (b"PK\x03\x04", Foreign("a zip archive, or a file that is one (a workbook, a model)", _PACKED)),
    (b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", _PACKED)),
    (b"\x04\x22\x4d\x18", Foreign("packed by lz4", "pack it by gzip or zstd")),
    (b"SQLite format 3\x00", Foreign("a SQLite database")),
    (b"\x89PNG\r\n\x1a\n", Foreign("a PNG image")),
    (b"\xff\xd8\xff", Foreign("a JPEG image")),
    (b"GIF8", Foreign("a GIF image")),
    (b"%PDF-", Foreign("a PDF document")),
    (b"\x7fELF", Foreign("an ELF program")),
    (b"MZ\x90\x00", Foreign("a Windows program")),
    (b"\x93NUMPY", Foreign("a NumPy array", "write the rows as Parquet, CSV or JSON lines")),
    (b"\x89HDF\r\n\x1a\n", Foreign("an HDF5 file", "write the rows as Parquet, CSV or JSON lines")),
    (b"ARROW1\x00\x00", Foreign("an Arrow (Feather) file", "write the rows as Parquet")),
    (b"Obj\x01", Foreign("an Avro file", "write the rows as Parquet or JSON lines")),
    (b"ORC", Foreign("an ORC file", "write the rows as Parquet")),
    (b"\x80\x02}", Foreign("a Python pickle")),
    (b"\x80\x03", Foreign("a Python pickle")),
    (b"\x80\x04\x95", Foreign("a Python pickle")),
    (b"\x80\x05\x95", Foreign("a Python pickle")),
)


def foreign(sample: bytes) -> Foreign | None:
    """The kind of a file that is no text, by its first bytes; None for text."""
    found = next((kind for magic, kind in _MAGICS if sample.startswith(magic)), None)
    if found is None and sample[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        found = Foreign("a tar archive", _PACKED)
    if found is None and is_record_header(sample[:LOOKED_AT]):
        found = Foreign("TensorFlow's records, but not of TensorBoard's events")
    return found or _binary(sample.strip(b"\x00"))  # a hole in a log is of NULs


def _binary(data: bytes) -> Foreign | None:
    if len(data) < _LEAST:
        return None
    if len(data) - len(data.translate(None, _NO_TEXT)) > _CONTROLS * len(data):
        return Foreign("binary, of no kind that is known here")
    odd = data.decode(errors="replace").count("\ufffd")
    if odd > _ODD * len(data):
        return Foreign("no text in UTF-8 or UTF-16, and of no kind that is known here")
    return None


def foreign_text(body: bytes) -> Foreign | None:
    """The kind of a text that is no log; None for one that cannot be told."""
    start = body.lstrip()[:64].lower()
    if start.startswith((b"<?xml", b"<!doctype", b"<html")):
        return Foreign("XML or HTML")
    if start.startswith(b"["):
        mend = "write one object a line: jq -c '.[]' does so"
        return Foreign("a JSON array, not one object a line", mend)
    if start.startswith(b"{"):
        return Foreign(
            "JSON that is not one object a line", "write one object a line: jq -c . does"
        )
    return None
